"""Sums of costs."""

import pytest
from small_world import small_graph

from reprise.graph.nodes import Node
from reprise.plan.cost import Cost, longest_chain, sum_up, urgent

NODES = list(small_graph(code={}).nodes.values())
RUN, ALONE, TABLE, FIGURE = NODES


def costs(run: Cost, alone: Cost, table: Cost, figure: Cost) -> dict[str, Cost]:
    return {RUN.id: run, ALONE.id: alone, TABLE.id: table, FIGURE.id: figure}


FOUND = costs(
    Cost(100.0, 1000, 70, "counted", 2.0),
    Cost(30.0, 100, 90, "counted", 2.0),
    Cost(8.0, 10, 20, "guessed", 4.0),
    Cost(2.0, 1, 50),
)


def test_times_bytes_and_grounds_are_summed() -> None:
    found = sum_up(NODES, FOUND, 2)
    assert (found.jobs, found.core_s, found.device_s, found.seconds) == (4, 140, 0, 140)
    assert (found.low_s, found.high_s) == (65 + 2 + 2, 260 + 32 + 2)
    assert (found.peak_bytes, found.side_by_side_bytes, found.output_bytes) == (90, 160, 1111)
    assert found.bases == {"counted": 2, "guessed": 1, "recorded": 1}


@pytest.mark.parametrize(("cores", "wall_s"), [(1, 140), (2, 110), (64, 110)])
def test_no_number_of_cores_is_faster_than_the_longest_chain(cores: int, wall_s: float) -> None:
    assert sum_up(NODES, FOUND, cores).wall_s == wall_s


def test_one_device_trains_one_job_at_a_time() -> None:
    found = sum_up(NODES, FOUND, 64, device=True)
    assert (found.core_s, found.device_s, found.wall_s) == (10, 130, 130)


def test_jobs_that_do_not_wait_for_each_other_form_no_chain() -> None:
    assert longest_chain([RUN, ALONE], FOUND) == 100
    assert longest_chain([], FOUND) == 0


@pytest.mark.parametrize(
    ("run_s", "alone_s", "table_s", "cores", "names"),
    [
        (100.0, 12.0, 8.0, 2, [RUN]),
        (100.0, 90.0, 8.0, 2, [RUN, ALONE]),
        (100.0, 11.0, 20.0, 2, [TABLE]),  # and before it what it waits for
        (100.0, 100.0, 0.0, 16, [RUN, ALONE]),
        (9.0, 9.0, 9.0, 1, []),
    ],
)
def test_long_chains_begin_early(
    run_s: float, alone_s: float, table_s: float, cores: int, names: list[Node]
) -> None:
    seconds = (run_s, alone_s, table_s, 1.0)
    found = costs(*(Cost(s, 0, 0) for s in seconds))
    assert urgent(NODES, found, cores) == names


def test_nothing_takes_nothing() -> None:
    assert sum_up([], {}, 2).seconds == sum_up([], {}, 2).wall_s == 0

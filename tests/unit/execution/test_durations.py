"""The model of durations, on samples whose times are known because a formula made them."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprise.execution.durations import Durations, machine_factor, nearest
from reprise.execution.samples import FIRST_UPDATES, Sample, Work
from reprise.training.chunks import Pace

START_S, COMPILE_S = 2.0, 5.0


def work(
    flops: float | None,
    run: str = "a/main",
    task: str = "parity",
    members: int = 1,
    updates: int = 1000,
    phases: int = 1,
    side_by_side: bool = False,
) -> Work:
    family = (run, task, "mlp", "float32")
    return Work(family, members, updates, flops, phases, side_by_side)


def sample(of: Work, overhead_s: float, rate: float, here: bool = True) -> Sample:
    """What a machine of this overhead and rate (FLOP/s) would record."""
    assert of.flops is not None
    update_s = overhead_s * of.sequential + of.members * of.flops / rate
    first = min(FIRST_UPDATES * of.phases, of.updates)
    compile_s = COMPILE_S * of.phases + first * update_s
    train_s = compile_s + (of.updates - first) * update_s
    return Sample(of, START_S, compile_s, train_s, here)


def seconds(of: Work, overhead_s: float, rate: float) -> float:
    made = sample(of, overhead_s, rate)
    return made.start_s + made.train_s


def test_the_first_chunk_is_as_long_as_the_trainer_makes_it() -> None:
    assert Pace().updates == FIRST_UPDATES


@pytest.mark.parametrize(("overhead_s", "flops_per_s"), [(1e-5, 1e9), (3e-3, 4e11), (1e-4, 1e14)])
@pytest.mark.parametrize(("phases", "side_by_side"), [(1, False), (3, True)])
def test_a_machine_that_follows_the_formula_is_told_exactly(
    overhead_s: float, flops_per_s: float, phases: int, side_by_side: bool
) -> None:
    sizes = [10.0**n for n in range(4, 13)]
    known = Durations(
        tuple(
            sample(work(flops, updates=10**6, members=m), overhead_s, flops_per_s)
            for flops in sizes
            for m in (1, 4)
        )
    )
    asked = work(3e8, "b/other", "addition", 5, 40_000, phases, side_by_side)
    answer = known.of(asked)
    assert answer is not None
    # The offset is on a grid of 12 % steps; nearest samples are half a decade away.
    assert answer.seconds == pytest.approx(seconds(asked, overhead_s, flops_per_s), rel=0.08)
    assert answer.start_s == START_S
    assert answer.compile_s == pytest.approx(COMPILE_S * phases)


def test_a_family_off_the_line_corrects_what_is_told_of_it() -> None:
    usual = [sample(work(10.0**n, updates=10**5), 1e-4, 1e10) for n in range(5, 11)]
    slow = [sample(work(f, "b/scan", "scan", updates=10**5), 1e-3, 1e9) for f in (1e8, 2e8, 3e8)]
    known = Durations((*usual, *slow))
    for run in ("b/scan", "b/new"):
        answer = known.of(work(4e8, run, "scan", updates=10**5))
        assert answer is not None
        assert answer.seconds == pytest.approx(
            seconds(work(4e8, updates=10**5), 1e-3, 1e9), rel=0.1
        )


def test_the_nearest_are_of_the_most_special_family_and_then_of_the_nearest_size() -> None:
    own, alike, far = work(1e6), work(2e6, "b/x"), work(1e6, "c/x", "other")
    found = [sample(w, 1e-4, 1e10) for w in (far, alike, own)]
    assert [s.work for s in nearest(work(1e6), found)] == [own]
    assert [s.work for s in nearest(work(1e6, "d/new"), found)] == [own, alike]
    assert [s.work for s in nearest(work(2e6, "d/new"), found)] == [alike, own]
    assert {s.work for s in nearest(work(1e6, "d/new", "new"), found)} == {own, alike, far}


def test_a_sample_from_here_goes_before_one_from_elsewhere() -> None:
    found = [sample(work(1e6), 1e-4, 1e10, here) for here in (False, True)]
    assert [s.here for s in nearest(work(1e6), found)] == [True, False]


def test_a_training_of_first_chunks_only_tells_of_compilation_but_not_of_rates() -> None:
    short = sample(work(1e9, updates=10), 1e-3, 1e8)
    assert short.update_s is None
    long = sample(work(1e9, "b/long"), 1e-4, 1e10)
    answer = Durations((short, long)).of(work(1e9))
    assert answer is not None
    assert answer.compile_s == pytest.approx(short.compiling_s)
    assert answer.updates_s == pytest.approx(1000 * (1e-4 + 0.1))


def test_a_few_updates_count_only_where_there_is_nothing_else() -> None:
    brief = sample(work(1e6, updates=20), 1e-1, 1e10)
    long = sample(work(1e6, "b/long", updates=10**5), 1e-4, 1e10)
    alone, both = Durations((brief,)).of(work(1e6)), Durations((brief, long)).of(work(1e6))
    assert alone and both
    assert alone.updates_s == pytest.approx(100, rel=0.01)
    assert both.updates_s == pytest.approx(0.2, rel=0.01)


def test_without_flops_the_same_run_tells_how_long_an_update_takes() -> None:
    known = Durations((sample(work(1e8, members=2), 1e-4, 1e9),))
    answer = known.of(work(None, members=6, updates=500))
    assert answer is not None
    assert answer.updates_s == pytest.approx(6 * 500 * (1e-4 + 0.1))


def test_nothing_recorded_tells_nothing() -> None:
    assert Durations(()).of(work(1e6)) is None
    assert Durations(()).line is None


def test_the_range_is_that_of_the_samples_told_from_each_other() -> None:
    same = tuple(sample(work(1e6), 1e-3, 1e9) for _ in range(5))
    assert Durations(same).factor == pytest.approx(1, rel=1e-6)
    scattered = tuple(s.slower(2.0 ** (n % 2)) for n, s in enumerate(same * 4))
    assert Durations(scattered).factor == pytest.approx(2, rel=0.01)


def test_a_slower_machine_is_recognised_by_what_was_trained_on_both() -> None:
    elsewhere = tuple(sample(work(f), 1e-4, 1e10) for f in (1e9, 2e9, 3e9))
    here = [s.slower(3.0) for s in elsewhere]
    assert machine_factor(here, Durations(elsewhere)) == pytest.approx(3)
    assert machine_factor(here[:2], Durations(elsewhere)) is None
    assert machine_factor([sample(work(1e12), 1e-4, 1e10)] * 3, Durations(elsewhere)) is None
    assert machine_factor(here, Durations(())) is None


@given(st.lists(st.tuples(st.floats(1e3, 1e13), st.floats(1e-3, 1e5)), min_size=1, max_size=12))
def test_whatever_was_recorded_the_answer_is_finite_and_grows_with_the_work(
    records: list[tuple[float, float]],
) -> None:
    known = Durations(tuple(Sample(work(flops), 1.0, 0.5 * s, s) for flops, s in records))
    small, large = known.of(work(1e6, updates=100)), known.of(work(1e6, updates=10_000))
    assert small and large
    assert 0 < small.seconds < large.seconds < math.inf
    assert known.factor >= 1

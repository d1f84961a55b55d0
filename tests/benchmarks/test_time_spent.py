"""Where the time of a run goes: rows that add up to all cores at every moment."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from benchmarks.time_spent import Run, idle_cores, last_run, render
from small_world import World

from reprise.records.record import Record, read_record, write_record


def record(
    name: str, begin: float, end: float, inputs: tuple[str, ...] = (), **execution: Any
) -> Record:
    node = {"id": name, "kind": "table", "paper": "demo"}
    spent = {
        "wall_s": end - begin,
        "phases_s": {"start": 0.25, "evaluate": end - begin - 0.25},
        "ended": datetime.fromtimestamp(end, UTC).isoformat(),
    }
    empty: dict[str, Any] = {}
    return Record(
        fingerprint="",
        outputs=empty,
        marks=empty,
        inputs={name: {} for name in inputs},
        spec=empty,
        code=empty,
        files=empty,
        environment=empty,
        execution=spent | execution,
        node=node,
        commit=empty,
    )


JOBS = [record("a", 10, 20), record("b", 12, 16), record("c", 23, 30, ("a", "b"))]


def test_a_core_waits_for_the_engine_or_for_other_jobs() -> None:
    idle = idle_cores(Run(JOBS, 5, 32, 2, 1.5))
    # Nobody runs from 5 to 10, from 20 to 23 and from 30 to 32; b begins late.
    assert idle.engine_s == pytest.approx(2 * 5 + 2 + 3 + 2 * 2)
    assert idle.waiting_s == pytest.approx(4 + 3 + 7)
    assert sum(r.execution["wall_s"] for r in JOBS) + idle.engine_s + idle.waiting_s == 2 * 27


def test_the_table_adds_up_to_the_time_of_all_cores() -> None:
    lines = render(Run(JOBS, 5, 32, 2, 1.5)).splitlines()
    assert lines[0].startswith("| seconds of | start | import |")
    rows = {line.split("|")[1].strip(): line.split("|")[-3:-1] for line in lines if "|" in line}
    assert [cell.strip() for cell in rows["**all jobs** (3)"]] == ["21.0", "38.9%"]
    assert [cell.strip() for cell in rows["**sum**"]] == ["54.0", "100.0%"]
    assert lines[-1].startswith("27.0 s on 2 cores are 54.0 s.")


def test_jobs_that_overlap_too_much_are_more_than_all() -> None:
    shown = render(Run([*JOBS, record("d", 10, 20)], 5, 32, 2, 1.5))
    assert "| 58.0 | 107.4% |" in shown


def test_the_last_run_is_what_was_made_while_it_ran(tmp_path: Path) -> None:
    assert last_run(tmp_path) is None
    world = World(tmp_path).make_all()
    ended = {"ended": "2026-01-01T00:00:10+00:00", "wall_s": 4.0, "peak_memory_bytes": 1}
    node = world.node("table")
    inputs = read_record(world.record("table")).inputs
    write_record(tmp_path, node, inputs, ended)
    began = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    said = {"scale": "cpu", "slots": 2, "began": began, "ended": began + 20, "engine_cpu_s": 1.0}
    log = tmp_path / ".reprise" / "logs" / "run-20260101-000000-1.json"
    log.parent.mkdir(parents=True)
    log.write_text(json.dumps(said))
    run = last_run(tmp_path)
    assert run is not None
    assert [record.node["id"] for record in run.records] == [node.id]
    assert (run.ended - run.began, run.cores) == (20, 2)

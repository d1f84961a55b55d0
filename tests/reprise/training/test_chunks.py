"""Chunks cover a training exactly once, whatever their limits."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from training_jobs import FRESH, job

from reprise.training.chunks import ROWS, Pace, next_chunk

RUNS: dict[str, dict[str, Any]] = {
    "plain": {},
    "snapshots": {"snapshots": {"every": 24, "views": ["params"]}},
    "phases": {
        "phases": [{"until": 7, "task": {"batch_size": 2}}, {"until": 50, "task": {"digits": 5}}]
    },
}


@pytest.mark.parametrize("name", RUNS)
@given(limits=st.lists(st.integers(1, 200), min_size=1, max_size=8))
def test_every_update_row_and_snapshot_comes_once(name: str, limits: list[int]) -> None:
    run = job(FRESH, **RUNS[name]).run
    done, row_ends, snapshots, turn = 0, [], [], 0
    while (chunk := next_chunk(run, done, limits[turn % len(limits)])).updates:
        assert chunk.updates <= limits[turn % len(limits)]
        assert len(chunk.counts) == ROWS
        ends = list(itertools.accumulate(chunk.counts, initial=done))[1:]
        row_ends += [ends[row] for row in chunk.rows]
        phases = [p.until for p in run.phases]
        assert chunk.phase == sum(done >= until for until in phases)
        done += chunk.updates
        assert all(done <= until for until in phases[chunk.phase : chunk.phase + 1])
        snapshots += [done] if chunk.snapshot else []
        turn += 1
    assert done == run.steps + 1
    assert row_ends == list(range(1, run.steps + 2, run.log_every))
    every = run.snapshots.every if run.snapshots else 0
    assert snapshots == (list(range(1, run.steps + 2, every)) if every else [])


def test_the_pace_settles_at_chunks_of_some_seconds() -> None:
    pace = Pace()
    for _ in range(8):
        pace.saw(pace.updates, pace.updates * 0.01)
    assert pace.updates == pytest.approx(200, rel=0.05)
    pace.saw(pace.updates, 100.0)
    assert pace.updates == 4
    pace.saw(4, 1e9)
    assert pace.updates == 1

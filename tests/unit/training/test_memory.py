"""Bytes of a training from its compiled program, and the members that fit."""

import errno
import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import psutil
import pytest
from small_world import small_graph
from training_jobs import PARITY, job

from reprise.execution import training
from reprise.training import memory as subject
from reprise.training.memory import Need

MEASURE = """
import json, re, sys
from pathlib import Path
from training_jobs import Nowhere, job
from reprise.training.memory import need
from reprise.training.loop import train

spec = json.loads(sys.argv[1])
found = need(job(spec, members={"seed": [0]}))
rows = []
for members in (8, 24):
    train(job(spec, members={"seed": list(range(members))}), Nowhere())
    # Not ru_maxrss: that of a child begins with its parent's.
    status = Path("/proc/self/status").read_text()
    peak = 1024 * int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1])
    rows.append([found.of(members), peak, found.fixed])
print(json.dumps(rows))
"""

WIDE = {
    **PARITY,
    "task": {**PARITY["task"], "train_size": None, "batch_size": 1024},
    "model": {"name": "parity_mlp", "hidden": 4096},
    "batching": "vmap",
    "steps": 4,
}


@pytest.mark.slow
def test_predicted_bytes_are_the_measured_peak_within_a_quarter() -> None:
    """Of the whole process, and of what it takes above the libraries within a half."""
    command = [sys.executable, "-c", MEASURE, json.dumps(WIDE)]
    folder = Path(__file__).parents[2]
    result = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    for predicted, peak, fixed in json.loads(result.stdout):
        assert 0.8 < peak / predicted < 1.25, result.stdout
        assert 0.67 < (peak - fixed) / (predicted - fixed) < 1.5, result.stdout


def test_bytes_per_member_follow_the_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters and two moments, at least; side by side also the hidden layer of a batch."""
    monkeypatch.setattr(subject, "_process", lambda: 0)
    narrow = {"name": "parity_mlp", "hidden": 64}
    state = subject.state_bytes(job(PARITY, model=narrow))
    assert state >= 3 * 4 * (6 * 64 + 64)
    behind = subject.need(job(PARITY, model=narrow, batching="map"))
    beside = subject.need(job(PARITY, model=narrow, batching="vmap"))
    assert state <= behind.per_member < 3 * state
    assert beside.per_member > behind.per_member + 4 * 64 * PARITY["task"]["train_size"]


@pytest.mark.parametrize("limit", [1e6, 5e6, 1e9])
def test_the_advice_is_the_largest_number_that_fits(limit: float) -> None:
    need = Need(fixed=2e5, per_member=3e5)
    members = need.fitting(limit)
    assert need.of(members) <= subject.SHARE * limit < need.of(members + 1)


def test_nothing_fits_where_the_libraries_do_not() -> None:
    assert Need(fixed=2e6, per_member=1.0).fitting(1e6) == 0


def test_the_limit_is_the_devices_or_the_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    assert subject.limit() == psutil.virtual_memory().total

    class Device:
        def memory_stats(self) -> dict[str, int]:
            return {"bytes_limit": 123}

    monkeypatch.setattr(jax, "devices", lambda: [Device()])
    assert subject.limit() == 123


@pytest.mark.faults
@pytest.mark.parametrize(
    ("limit", "said"), [(4e5, "Choose at most 1 (what"), (4e9, "Choose fewer in"), (1, "fewer in")]
)
def test_who_runs_out_of_memory_is_told_how_many_fit(
    monkeypatch: pytest.MonkeyPatch, limit: float, said: str
) -> None:
    monkeypatch.setattr(subject, "need", lambda job: Need(fixed=1e5, per_member=2e5))
    monkeypatch.setattr(subject, "limit", lambda: limit)
    node = replace(next(iter(small_graph().nodes.values())), name="main/00")
    device = {"platform": "gpu", "kind": "small", "count": 1}
    error = RuntimeError("RESOURCE_EXHAUSTED: out of memory")
    explained: Any = training._explained(error, node, job(PARITY), device)
    assert explained.errno == errno.ENOMEM
    assert "3 members at once" in str(explained)
    assert said in str(explained)
    assert "demo.runs.main.members_per_job" in str(explained)

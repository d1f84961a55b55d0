"""Bytes of a training from its compiled program, and the members that fit."""

import errno
from dataclasses import replace
from typing import Any

import jax
import psutil
import pytest
from small_world import small_graph
from training_jobs import PARITY, job

from reprise.jobs import train as training
from reprise.training import memory as subject
from reprise.training.memory import Need, need
from reprise.training.program import Program


@pytest.mark.parametrize("batching", ["map", "vmap"])
def test_two_compilations_tell_the_bytes_of_any_number_of_members(
    monkeypatch: pytest.MonkeyPatch, batching: str
) -> None:
    monkeypatch.setattr(subject, "_process", lambda: 10**9)
    made = job(PARITY, model={"name": "parity_mlp", "hidden": 64}, batching=batching)
    assert need(made).of(12) == pytest.approx(subject._bytes(made, 12) + 10**9, rel=0.01)


def test_bytes_per_member_follow_the_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parameters and two moments, at least; side by side also the hidden layer of a batch."""
    monkeypatch.setattr(subject, "_process", lambda: 0)
    narrow = {"name": "parity_mlp", "hidden": 64}
    shapes = jax.tree.leaves(Program(job(PARITY, model=narrow)).shapes())
    state = sum(leaf.size * leaf.dtype.itemsize for leaf in shapes) / len(shapes[0])
    assert state >= 3 * 4 * (6 * 64 + 64)
    behind = need(job(PARITY, model=narrow, batching="map"))
    beside = need(job(PARITY, model=narrow, batching="vmap"))
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

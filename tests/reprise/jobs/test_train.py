"""Making a run: its initialisation computed again, and what is said where memory runs out."""

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_world import small_graph
from training_jobs import PARITY, Nowhere, job

from reprise.jobs import train as subject
from reprise.training.loop import train


def test_is_the_first_checkpoint_of_the_training(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    configured: list[Any] = []
    monkeypatch.setattr(subject, "configure", lambda *chosen: configured.append(chosen))
    chosen = job(PARITY, steps=4)
    node = replace(next(iter(small_graph().nodes.values())), job=chosen)
    found = subject.initial_digests(node, tmp_path)
    trained = train(chosen, Nowhere())
    assert trained.checkpoints[0] == {"updates": 0, "sha256": found}
    assert found != trained.checkpoints[-1]["sha256"]
    assert len(set(found)) == 3
    assert configured == [(tmp_path, chosen.run.dtype, chosen.run.threads)]


@pytest.mark.faults
def test_who_runs_out_of_memory_is_told_where_to_choose_fewer_members() -> None:
    node = replace(next(iter(small_graph().nodes.values())), name="main/00", job=job(PARITY))
    error = RuntimeError("RESOURCE_EXHAUSTED: out of memory")
    explained: Any = subject._explained(error, node, {"kind": "small"})
    assert explained.errno == errno.ENOMEM
    for said in ("3 members at once", "Choose fewer in", "demo.runs.main.members_per_job"):
        assert said in str(explained)

"""The initialisation of a run, computed again, is the one its training began with."""

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

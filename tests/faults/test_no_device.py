"""A device that is not there or too small: an error that says what to choose, never other bits."""

from typing import Any

import pytest
from forked_jobs import Fault

pytestmark = pytest.mark.faults


def test_no_gpu_though_one_is_asked_for(training: Any) -> None:
    said = training.make(code=2, fault=Fault(variables={"JAX_PLATFORMS": "cuda"}))
    assert "JAX_PLATFORMS" in said
    assert "cuda" in said
    assert "scale: cpu" in said
    assert "Traceback" not in said
    assert not list(training.workspace.results.rglob("*.*"))


def test_too_little_memory_names_the_choices_and_changes_no_width(training: Any) -> None:
    said = training.make(code=1, fault=Fault(out_of_memory=True))
    assert "3 members" in said
    assert "members_per_job" in said
    assert "scale" in said
    assert "Traceback" not in said
    assert not list(training.workspace.results.rglob("*.*"))


def test_a_scale_for_gpus_is_not_trained_on_a_cpu_that_nobody_chose(training: Any) -> None:
    """By ``run`` before it starts, and by every job, whoever started it; a plan needs no device."""
    project = training.workspace
    refused = project.run("--scale", "gpu", code=2)
    assert "scale: 'gpu' is made for a GPU" in refused.stderr
    assert "--scale cpu" in refused.stderr
    project.call("reprise", "plan", "--scale", "gpu", code=0)
    project.call("reprise", "status", "--scale", "gpu", code=3)
    (file,) = (project.root / ".reprise" / "nodes" / "gpu").glob("*.run.*")
    made = project.call("reprise", "make", str(file), code=2)
    assert "JAX_PLATFORMS=cpu" in made.stderr
    assert not (project.root / "results" / "gpu").exists()

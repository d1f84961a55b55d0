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

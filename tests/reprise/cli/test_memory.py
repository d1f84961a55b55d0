"""``reprise memory``: what a run takes and how many members fit, by any of its names."""

import json
from dataclasses import replace
from typing import Any

import pytest
from small_world import small_graph
from training_jobs import PARITY, job

from reprise.cli import memory as subject
from reprise.project import Project
from reprise.specs.errors import ConfigError
from reprise.specs.load import Config
from reprise.training.memory import Need


@pytest.fixture
def project(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Project:
    """A graph whose run ``main`` trains three members in two shapes."""
    graph = small_graph()
    narrow, wide = (job(PARITY, model={"name": "parity_mlp", "hidden": n}) for n in (4, 8))
    first = graph.nodes["demo/run/main/00"]
    for number, made in enumerate((wide, narrow)):
        name = f"main/{number:02d}"
        node = replace(
            first, id=f"demo/run/{name}", name=name, spec=made.model_dump(mode="json"), job=made
        )
        graph.nodes[node.id] = node
    monkeypatch.setattr(subject, "configure", lambda *chosen: None)
    monkeypatch.setattr(subject, "build", lambda config: graph)
    monkeypatch.setattr(subject.memory, "need", lambda job: Need(1e8, 2e8))
    return Project(tmp_path)


@pytest.mark.parametrize("target", ["demo/main", "demo/run/main/00"])
def test_the_largest_shape_decides(
    project: Project, console: Any, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    subject.show_memory(project, Config(), target, 10**9, True, console)
    said = json.loads(capsys.readouterr().out)
    assert said["job"] == "demo/run/main/00"
    assert (said["members"], said["needed_bytes"], said["members_that_fit"]) == (3, 7e8, 4)


def test_what_does_not_fit_names_the_field(project: Project, console: Any) -> None:
    subject.show_memory(project, Config(), "demo/main", 5 * 10**8, False, console)
    said = console.file.getvalue()
    assert "trains 3 members at once" in said
    assert "It does not fit. At most 1 fit" in said
    assert "demo.runs.main.members_per_job" in said


@pytest.mark.faults
def test_an_unknown_run_names_the_nearest(project: Project, console: Any) -> None:
    with pytest.raises(ConfigError, match=r"no run 'demo/mian'.*did you mean 'demo/main'"):
        subject.show_memory(project, Config(), "demo/mian", None, False, console)

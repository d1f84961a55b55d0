"""A project with one small paper, whose code is not looked at."""

import copy
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_paper import CLAIMS, PAPER, README

from reprise.graph import build as subject
from reprise.graph.build import Graph
from reprise.specs import load
from reprise.specs.load import Config

MORE: dict[str, Any] = {
    "runs": {"other": {**PAPER["runs"]["main"], "members": {"seed": [7]}}},
    "tables": {
        "last": {"entry": "tables:last", "tables": ["summary"], "reference": ["paper.csv"]},
        "other": {"entry": "tables:other", "runs": ["other"]},
    },
    "figures": {
        "F10-other": {**PAPER["figures"]["F1-accuracy"], "tables": ["other"]},
        "F2-last": {**PAPER["figures"]["F1-accuracy"], "tables": ["last", "summary"]},
    },
}

Build = Callable[..., Graph]


def whole_paper() -> dict[str, Any]:
    """``PAPER`` with more nodes of every kind."""
    paper = copy.deepcopy(PAPER)
    for kind, nodes in MORE.items():
        paper[kind] = {**copy.deepcopy(nodes), **paper[kind]}
    return paper


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    """The paper's reference file."""
    path = tmp_path / "reprise" / "papers" / "small2024" / "reference" / "paper.csv"
    path.parent.mkdir(parents=True)
    path.write_text("a\n1\n")
    return path


@pytest.fixture
def build(tmp_path: Path, reference: Path, monkeypatch: pytest.MonkeyPatch) -> Build:
    """Builds the graph of a changed paper: paths of ``/``-separated parts -> values."""
    folder = reference.parents[2]
    (folder / "small2024" / "README.md").write_text(README)
    for module in (load, subject):
        monkeypatch.setattr(module, "papers_folder", lambda: folder)
    code: dict[str, str] = {}

    def closure(entries: Iterable[str]) -> dict[str, str]:
        return {entry: code.get(entry, f"digest of {entry}") for entry in entries}

    monkeypatch.setattr(subject, "closure", closure)
    monkeypatch.setattr(subject, "entry_digest", lambda entry: code.get(entry, "0"))

    def build(
        changes: dict[str, Any] | None = None,
        claims: dict[str, Any] = CLAIMS,
        edited: str = "",
        **choices: Any,
    ) -> Graph:
        paper = whole_paper()
        for path, value in (changes or {}).items():
            *parents, last = path.split("/")
            holder = paper
            for part in parents:
                holder = holder[part]
            holder[last] = value
        (folder / "small2024" / "paper.yaml").write_text(yaml.safe_dump(paper, sort_keys=False))
        (folder / "small2024" / "claims.yaml").write_text(yaml.safe_dump(claims))
        code.clear()
        code.update({edited: "1"})
        return subject.build(Config(**choices))

    return build

"""A folder of papers with one small paper, and a config file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_paper import PAPER

from reprise.specs import load

Write = Callable[..., Path]


@pytest.fixture
def write_paper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes ``paper.yaml`` of the only paper and returns its path."""
    folder = tmp_path / "papers"
    monkeypatch.setattr(load, "papers_folder", lambda: folder)

    def write(data: Any, key: str = "small2024") -> Path:
        path = folder / key / "paper.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(data), encoding="utf-8")
        return path

    write(PAPER)
    return write


@pytest.fixture
def write_config(tmp_path: Path, write_paper: Write) -> Write:
    """Writes ``config.yaml`` and returns its path."""

    def write(text: str) -> Path:
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return write

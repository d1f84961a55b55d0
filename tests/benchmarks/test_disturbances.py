"""The table of disturbances: what is shown is what was measured, and what is measured is real."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from benchmarks import peer_pipelines as peers
from benchmarks.disturbances import HARMLESS, RESULTS, ROOT, SILENT, page, render

SEEN = {
    "ours": dict.fromkeys(SILENT, True) | dict.fromkeys(HARMLESS, False),
    "theirs": dict.fromkeys(SILENT, False) | dict.fromkeys(HARMLESS, True),
}


def measured(skipped: dict[str, str] | None = None) -> dict[str, Any]:
    return {"schema": 1, "columns": [*SEEN], "seen": SEEN, "versions": {}, "skipped": skipped or {}}


def test_missed_ones_and_false_alarms_are_counted() -> None:
    rows = [line.strip("| ").split(" | ") for line in render(measured()).splitlines()]
    cells = {row[0]: row[1:] for row in rows}
    assert cells["*seen*"] == ["**6 of 6**", "**0 of 6**"]
    assert cells["*false alarms*"] == ["**0 of 6**", "**6 of 6**"]
    assert cells[SILENT["helper"]] == ["seen", "**missed**"]
    assert cells[f"{HARMLESS['touch']}; nothing else changes"] == ["nothing to do", "**redone**"]
    assert len(rows) == 2 + len(SILENT) + 1 + len(HARMLESS) + 1


def test_what_was_not_measured_is_said_with_its_reason() -> None:
    assert render(measured({"DVC 3": "no index"})).endswith("\nDVC 3 was not measured: no index")


def test_the_pages_say_what_was_measured() -> None:
    found = json.loads(RESULTS.read_text(encoding="utf-8"))
    assert RESULTS.with_suffix(".md").read_text(encoding="utf-8") == page(found)
    noticed = {
        name.split(maxsplit=1)[0].rstrip(","): sum(seen[one] for one in SILENT)
        for name, seen in found["seen"].items()
    }
    said = "Reprise notices {Reprise}, DVC {DVC} and plain Snakemake {plain}".format(**noticed)
    assert said in " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())


@pytest.fixture
def finished(tmp_path: Path) -> Path:
    """The pipeline for DVC, its commands run by hand."""
    folder = tmp_path / "pipeline"
    peers.write_dvc(folder)
    remake(folder)
    return folder


def remake(folder: Path) -> None:
    for script in (peers.TRAIN, peers.FIGURE):
        peers.run(folder, [sys.executable, "-B", script])


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}


DISTURBANCES: dict[str, Callable[[Path], None]] = peers.disturbances([".dvc"])


@pytest.mark.parametrize("name", SILENT)
def test_a_disturbance_changes_what_a_run_would_give(finished: Path, name: str) -> None:
    (finished / ".dvc").mkdir()
    DISTURBANCES[name](finished)
    found = contents(finished)
    remake(finished)
    assert contents(finished) != found


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_change_does_not(finished: Path, name: str) -> None:
    (finished / ".dvc").mkdir()
    DISTURBANCES[name](finished)
    found = contents(finished)
    remake(finished)
    assert contents(finished) == found


def test_the_date_of_the_intermediate_is_restored(finished: Path) -> None:
    before = (finished / peers.WEIGHTS).stat().st_mtime_ns
    DISTURBANCES["intermediate"](finished)
    assert (finished / peers.WEIGHTS).stat().st_mtime_ns == before


def test_plain_snakemake_gets_the_same_pipeline(tmp_path: Path) -> None:
    peers.write_snakemake(tmp_path / "pipeline")
    names = {path.name for path in (tmp_path / "pipeline").iterdir()}
    assert names == {"Snakefile", peers.CONFIG, peers.HELPERS, peers.TRAIN, peers.FIGURE}
    assert 'snakemake.config["steps"]' in (tmp_path / "pipeline" / peers.TRAIN).read_text()

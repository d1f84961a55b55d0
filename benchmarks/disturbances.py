"""Which silent disturbances does each system see, and what does it redo for nothing?

Every disturbance is done to a copy of a finished pipeline of which the system has just said that
there is nothing to do; then it is asked again, in a dry run: ``python -m benchmarks disturbances``.
The table is written to ``benchmarks/results``. A clone of DVC's pipeline has its cache, as after
``dvc pull``.
"""

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path
from typing import Any

from benchmarks import our_pipeline, peer_pipelines
from benchmarks.peer_pipelines import run
from reprise.storage.atomic import write_json, write_text

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "disturbances.json"
DVC = "3.67.1"
SILENT = {
    "swapped": "two parameters swap their values",
    "indirect": "a key that a script reads from the global config",
    "helper": "an imported helper module is edited",
    "figure": "a finished figure is overwritten by hand",
    "intermediate": "an intermediate is overwritten, its date restored",
    "clone": "a clone without the engine's metadata, then a parameter changes",
}
HARMLESS = {
    "comment": "a comment is added",
    "docstring": "a docstring is edited",
    "reformat": "sources are formatted anew",
    "touch": "sources are touched",
    "times": "all files get other dates",
    "clone only": "a clone without the engine's metadata",
}


@dataclass(frozen=True)
class System:
    """A finished pipeline under one engine."""

    columns: Sequence[str]
    make: Callable[[Path], None]
    look: Callable[[Path], Sequence[bool]]
    """Whether each column sees something to do; changes nothing that counts."""
    disturbances: dict[str, Callable[[Path], None]] = field(default_factory=dict)


def main() -> None:
    """Measure, print and write the table."""
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(Path(folder))
    write_json(RESULTS, measured)
    write_text(RESULTS.with_suffix(".md"), page(measured))
    print(render(measured))


def page(measured: dict[str, Any]) -> str:
    """The table as a page of its own."""
    lead = (
        "Edits of a finished run, and changes that should change nothing; measured by "
        "`make bench ARGS=disturbances`."
    )
    return f"# Which edits does each tool notice?\n\n{lead}\n\n{render(measured)}\n"


def measure(folder: Path) -> dict[str, Any]:
    """Column -> what it sees of each disturbance; versions; what was skipped, and why."""
    systems = [_ours(), _snakemake()]
    found: dict[str, Any] = {"schema": 1, "seen": {}, "skipped": {}}
    found["versions"] = {name: metadata.version(name) for name in ("reprise", "snakemake")}
    try:
        systems.append(_dvc(folder))
        found["versions"]["dvc"] = DVC
    except (RuntimeError, OSError) as error:
        found["skipped"][f"DVC {DVC}"] = str(error).strip().splitlines()[-1]
    for number, system in enumerate(systems):
        for column, seen in zip(system.columns, _try(system, folder / str(number)), strict=True):
            found["seen"][column] = seen
    return {**found, "columns": list(found["seen"])}


def render(measured: dict[str, Any]) -> str:
    """Markdown tables of what was measured."""
    seen: dict[str, dict[str, bool]] = {
        name: measured["seen"][name] for name in measured["columns"]
    }
    lines = [_line(["After a finished run", *seen]), _line(["---", *["---"] * len(seen)])]
    for name, text in SILENT.items():
        cells = ("seen" if one[name] else "**missed**" for one in seen.values())
        lines.append(_line([text, *cells]))
    counts = (sum(one[name] for name in SILENT) for one in seen.values())
    lines.append(_line(["*seen*", *(f"**{count} of {len(SILENT)}**" for count in counts)]))
    for name, text in HARMLESS.items():
        cells = ("**redone**" if one[name] else "nothing to do" for one in seen.values())
        lines.append(_line([f"{text}; nothing else changes", *cells]))
    counts = (sum(one[name] for name in HARMLESS) for one in seen.values())
    lines.append(
        _line(["*false alarms*", *(f"**{count} of {len(HARMLESS)}**" for count in counts)])
    )
    return "\n".join([*lines, *(f"\n{k} was not measured: {v}" for k, v in _skipped(measured))])


def _skipped(measured: dict[str, Any]) -> list[tuple[str, str]]:
    return sorted(measured["skipped"].items())


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _try(system: System, folder: Path) -> list[dict[str, bool]]:
    """For each column of ``system``: disturbance -> seen."""
    system.make(folder / "finished")
    seen: list[dict[str, bool]] = [{} for _ in system.columns]
    for number, name in enumerate((*SILENT, *HARMLESS)):
        copy = folder / str(number)
        shutil.copytree(folder / "finished", copy, symlinks=True)
        if any(system.look(copy)):
            raise RuntimeError(f"{system.columns}: something to do right after a run")
        system.disturbances[name](copy)
        for one, answer in zip(seen, system.look(copy), strict=True):
            one[name] = answer
        print(name, [one[name] for one in seen], file=sys.stderr)
    return seen


def _ours() -> System:
    columns = ("Reprise, `reprise status`", "Reprise, `snakemake -n`")
    return System(columns, our_pipeline.make, our_pipeline.look, our_pipeline.disturbances())


def _snakemake() -> System:
    engine = [str(Path(sys.executable).parent / "snakemake"), "--cores", "1"]

    def make(folder: Path) -> None:
        peer_pipelines.write_snakemake(folder)
        run(folder, engine)

    def look(folder: Path) -> list[bool]:
        return ["Nothing to be done" not in run(folder, [*engine, "--dry-run"])]

    column = f"plain Snakemake {metadata.version('snakemake')}"
    return System([column], make, look, peer_pipelines.disturbances([".snakemake"]))


def _dvc(folder: Path) -> System:
    """DVC in an environment of its own; raises RuntimeError where it cannot be installed."""
    run(folder, [sys.executable, "-m", "venv", "dvc-environment"])
    tools = folder / "dvc-environment" / "bin"
    run(folder, [str(tools / "python"), "-m", "pip", "install", "--quiet", f"dvc=={DVC}"])
    variables = {
        "DVC_NO_ANALYTICS": "1",
        "DVC_SITE_CACHE_DIR": str(folder / "dvc-site"),
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
    }

    def make(pipeline: Path) -> None:
        peer_pipelines.write_dvc(pipeline)
        run(pipeline, ["dvc", "init", "--no-scm", "--quiet"], variables)
        run(pipeline, ["dvc", "repro", "--quiet"], variables)

    def look(pipeline: Path) -> list[bool]:
        return ["up to date" not in run(pipeline, ["dvc", "status"], variables)]

    return System([f"DVC {DVC}"], make, look, peer_pipelines.disturbances([".dvc/tmp"]))

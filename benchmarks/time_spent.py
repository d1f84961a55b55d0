"""Where the time of a run goes: what its records say, the engine's share, and cores that waited.

``python -m benchmarks time [PROJECT]``: of the last ``reprise run`` (or ``figure``) in that folder,
by default here; where there was none, of the published copy, without engine. Nothing is measured
anew. All cores are accounted for at every moment: a job has one, or a job could begin and has not
(the engine), or none can begin (waiting for others to end).
"""

import json
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

from reprise.graph.nodes import KINDS
from reprise.records.record import Record
from reprise.records.tree import take_inventory

PHASES = ("start", "import", "read", "wait", "trace", "compile", "steps", "evaluate", "write")
TREE = Path("results/published/cpu")
ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Run:
    """One run: its jobs, when it was, and on how many cores."""

    records: Sequence[Record]
    began: float
    ended: float
    cores: int
    engine_cpu_s: float


@dataclass(frozen=True)
class Idle:
    """Seconds of cores that no job had."""

    engine_s: float
    waiting_s: float


def main(project: str = "") -> None:
    """Print the table of the last run in ``project``, else of the published copy."""
    run = last_run(Path(project) if project else ROOT)
    if run:
        print(render(run))
    elif project:
        sys.exit(f"{project}: no run has ended there; start one with 'reprise run'")
    else:
        print(published(ROOT))


def last_run(root: Path) -> Run | None:
    """The last run in the folder ``root``, by the log that it left."""
    logs = sorted((root / ".reprise" / "logs").glob("run-*.json"))
    if not logs:
        return None
    said: Mapping[str, Any] = json.loads(logs[-1].read_text(encoding="utf-8"))
    own = [
        record
        for record in _records(root / "results" / said["scale"])
        if "ended" in record.execution and said["began"] <= _ended(record) <= said["ended"]
    ]
    return Run(own, said["began"], said["ended"], said["slots"], said["engine_cpu_s"])


def render(run: Run) -> str:
    """Markdown: kinds of jobs by phase, engine, waiting; the sum beside time times cores."""
    idle, whole = idle_cores(run), (run.ended - run.began) * run.cores
    jobs = sum(record.execution["wall_s"] for record in run.records)
    added = jobs + idle.engine_s + idle.waiting_s
    rows = [
        ("engine", *[""] * len(PHASES), _seconds(idle.engine_s), _share(idle.engine_s, whole)),
        ("waiting", *[""] * len(PHASES), _seconds(idle.waiting_s), _share(idle.waiting_s, whole)),
        ("**sum**", *[""] * len(PHASES), _seconds(added), _share(added, whole)),
    ]
    lines = [
        _kinds(run.records, whole),
        *map(_row, rows),
        "",
    ]
    seconds = run.ended - run.began
    end = (
        f"{seconds:.1f} s on {run.cores} cores are {whole:.1f} s. The engine's process took "
        f"{run.engine_cpu_s:.1f} s of processor time, most of it beside the jobs."
    )
    return "\n".join([*lines, end])


def published(root: Path) -> str:
    """Markdown: kinds of jobs, and papers, by phase, from the published copy in ``root``."""
    records = _records(root / TREE)
    return _kinds(records, sum(record.execution["wall_s"] for record in records))


def idle_cores(run: Run) -> Idle:
    """What cores waited for that no job had.

    A job can begin once all of its inputs are made that this run made.
    """
    ends = {str(record.node["id"]): _ended(record) for record in run.records}
    ready: Counter[float] = Counter()
    begun: Counter[float] = Counter()
    gone: Counter[float] = Counter()
    for record in run.records:
        end = _ended(record)
        begin = max(end - record.execution["wall_s"], run.began)
        possible = max([run.began, *(ends[name] for name in record.inputs if name in ends)])
        ready[min(possible, begin)] += 1
        begun[begin] += 1
        gone[end] += 1
    engine_s = waiting_s = 0.0
    could = busy = 0
    left = len(run.records)
    moments = sorted({run.began, run.ended, *ready, *begun, *gone})
    for now, then in pairwise(moments):
        could += ready[now] - begun[now]
        busy += begun[now] - gone[now]
        left -= gone[now]
        free = max(run.cores - busy, 0)
        engine = min(free, could) if left else free
        engine_s += engine * (then - now)
        waiting_s += (free - engine) * (then - now)
    return Idle(engine_s, waiting_s)


def _kinds(records: Sequence[Record], whole: float) -> str:
    heads = ("seconds of", *PHASES, "together", "share")
    papers = sorted({str(record.node["paper"]) for record in records} - {""})
    parts = {
        **{kind: [r for r in records if r.node["kind"] == kind] for kind in KINDS},
        **{paper: [r for r in records if r.node["paper"] == paper] for paper in papers},
        "**all jobs**": records,
    }
    lines = [_row(heads), _row(["---", *["--:"] * (len(heads) - 1)])]
    for name, own in parts.items():
        if not own:
            continue
        spent: Counter[str] = Counter()
        for record in own:
            spent.update(record.execution["phases_s"])
        cells = [_seconds(spent[phase]) for phase in PHASES]
        together = _seconds(spent.total()), _share(spent.total(), whole)
        lines.append(_row((f"{name} ({len(own)})", *cells, *together)))
    return "\n".join(lines)


def _records(folder: Path) -> list[Record]:
    return [entry.record for entry in take_inventory(folder).entries.values()]


def _ended(record: Record) -> float:
    return datetime.fromisoformat(record.execution["ended"]).timestamp()


def _seconds(seconds: float) -> str:
    return f"{seconds:,.1f}" if seconds >= 0.05 else ""


def _share(seconds: float, whole: float) -> str:
    return f"{seconds / whole:.1%}" if whole else ""


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"

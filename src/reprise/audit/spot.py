"""The beginning of every training, repeated and compared with what its record notes.

A record notes digests of the initial parameters and of those after the first few updates. A wrong
seed, learning rate or datum changes them, and seconds repeat them, without any checkpoint. Digests
hold on one kind of processor; elsewhere the losses and the distance that the parameters moved are
compared, which the record notes, too.
"""

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from reprise.audit.checkpoints import BadNotes, read_notes
from reprise.audit.diff import Status
from reprise.audit.verify import recorded_node
from reprise.graph.nodes import Node
from reprise.jobs.beginning import Beginning
from reprise.records.changes import arithmetic_changes, code_changes
from reprise.records.record import Record
from reprise.records.tree import Entry, Inventory
from reprise.specs.errors import ConfigError, few
from reprise.training.chunks import BEGINNING

TOLERANCES = {"first_loss": 1e-4, "loss": 1e-2, "moved": 1e-2}
"""Relative differences that rounding can make of the first updates on another processor: of the
first train loss, of the last one, and of the distance from the initial parameters."""
ONLY_START = "only its initialisation is recorded; that is the same"
_MOST = 3
"""Members and reasons that are named."""

Repeat = Callable[[Sequence[tuple[Node, int]]], Iterator[Beginning]]
"""Repeats the first updates, so many, of each run."""


@dataclass(frozen=True)
class Spot:
    """One run, as recorded and as repeated."""

    id: str
    status: Status
    updates: int
    """The number of updates after which both were last compared."""
    reasons: tuple[str, ...]
    """Where and how far it differs, why it is not comparable, or what was otherwise here."""
    commit: str | None
    """The commit that made it."""
    seconds: float


def spot(runs: Iterable[Entry], scale: str, repeat: Repeat) -> Iterator[Spot]:
    """Repeat the beginnings of ``runs``, entries of a tree of ``scale``, and compare each."""
    entries = {entry.id: entry for entry in runs}
    requests = [(recorded_node(entry, scale), _updates(entry)) for entry in entries.values()]
    for beginning in repeat(requests):
        yield compare_beginning(entries[beginning.id], beginning)


def _updates(entry: Entry) -> int:
    """After how many of the first updates the record of a run notes other parameters."""
    try:
        notes = read_notes(entry.record)
    except BadNotes:
        return 0
    pairs = list(zip(notes.updates, notes.sha256, strict=True)) if notes else []
    changed = [n for n, sha256 in pairs if n <= BEGINNING and sha256 != pairs[0][1]]
    return max(changed, default=0)


def compare_beginning(entry: Entry, here: Beginning) -> Spot:
    """How what the record of a run notes compares with ``here``."""
    record = entry.record
    sha = record.commit.get("sha")
    result = Spot(here.id, Status.NOT_COMPARABLE, 0, (), str(sha) if sha else None, here.seconds)
    if here.problem:
        return replace(result, reasons=(here.problem,))
    try:
        notes = read_notes(record)
    except BadNotes as error:
        return replace(result, reasons=(str(error),))
    if notes is None:
        return replace(result, reasons=("its record notes no checkpoints",))
    recorded = dict(zip(notes.updates, notes.sha256, strict=True))
    made = {int(one["updates"]): tuple(one["sha256"]) for one in here.checkpoints}
    common = sorted(recorded.keys() & made.keys())
    wrong = [updates for updates in common if recorded[updates] != made[updates]]
    last = max(common, default=0)
    if common and not wrong:
        if made[last] == made[0]:  # the first update of a warm-up changes nothing
            return replace(result, reasons=(ONLY_START,))
        return replace(result, status=Status.IDENTICAL, updates=last)
    status, reasons = _settled(record, here, bool(common))
    where = [
        f"member {member}: other parameters after {updates} updates"
        for updates in wrong[:1]
        for member in range(len(made[updates]))
        if recorded[updates][member] != made[updates][member]
    ]
    if status is Status.DIFFERS:
        reasons = (*few(where, _MOST), *reasons)
    return replace(result, status=status, updates=last, reasons=reasons)


def _settled(record: Record, here: Beginning, digests: bool) -> tuple[Status, tuple[str, ...]]:
    """What to make of digests that are not the same, or of a record with ``digests`` of no use."""
    now = replace(
        record,
        environment=here.environment,
        execution={**record.execution, "device": here.device, "sharded_over": 1},
    )
    code = tuple(f"made by other code: {text}" for text in code_changes(record.code, here.code))
    processor = arithmetic_changes(record, now)
    numbers = list(_numbers(record, here))
    far = few([text for text, near in numbers if not near], _MOST)
    if digests and not code and not processor:
        return Status.DIFFERS, tuple(far)
    if numbers and not far:
        return Status.EQUAL, (*few(code, _MOST), *processor)
    versions = record.environment["versions"] != here.environment["versions"]
    lower = record.spec.get("numerics") is not None
    if not far or code or versions or lower:
        return Status.NOT_COMPARABLE, (*few(code, _MOST), *processor, *far)
    return Status.DIFFERS, (*far, *processor)


def _numbers(record: Record, here: Beginning) -> Iterator[tuple[str, bool]]:
    """What the ``record`` notes besides digests, and whether rounding can make the difference."""
    made = here.checkpoints[-1]
    checkpoints: list[dict[str, Any]] = record.execution["checkpoints"]
    recorded = next((one for one in checkpoints if one["updates"] == made["updates"]), {})
    for name, tolerance in TOLERANCES.items():
        if name in made and isinstance(recorded.get(name), list):
            for member, pair in enumerate(zip(recorded[name], made[name], strict=False)):
                x, y = (float(v) if isinstance(v, int | float) else math.nan for v in pair)
                near = (x != x and y != y) or math.isclose(x, y, rel_tol=tolerance)
                yield f"member {member}: {name.replace('_', ' ')} {x:.6g} -> {y:.6g}", near


def runs_of(inventory: Inventory, names: Iterable[str], papers: Collection[str]) -> list[Entry]:
    """The runs of ``papers`` (none: all) that the nodes ``names`` were made from.

    Raises:
        ConfigError: there is none.
    """
    lineage = filter(None, inventory.lineage([*names]).values())
    own = (e for e in lineage if e.kind == "run" and (not papers or e.paper in papers))
    runs = sorted(own, key=lambda entry: entry.id)
    if not runs:
        what = f"{inventory.folder}{' of ' if papers else ''}{', '.join(papers)}"
        raise ConfigError(f"{what}: no run to repeat: nothing of it was trained")
    return runs

"""What the record of a run notes of its checkpoints, and the rules that these obey.

It has the digest of each member's parameters at the seeded initialisation, at every snapshot and at
the end (``execution.checkpoints``), so that a tree without checkpoints can be checked, too. One
under another's step, or trained from another seed than it says, breaks a rule even where every file
agrees with every record.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from reprise.graph.nodes import Node
from reprise.records.record import Record, UnreadableRecord, read_record
from reprise.records.state import State
from reprise.records.tree import Tree
from reprise.specs.errors import few
from reprise.storage.tensors import DamagedFile, member_digest, read_tensors

UNNOTED = "made before checkpoints were noted; not checked"
OTHER_VERSIONS = "made with other versions; its initialisation was not computed again"
OTHER_CODE = "made by other code; its initialisation was not computed again"
_PARAMS = "params.safetensors"
_NAMED = 20
"""Broken rules of one run that are named before the rest is counted."""

Initial = Callable[[Node], Sequence[str]]
"""Digest of each member's seeded initialisation, computed again."""


def check_runs(
    nodes: Mapping[str, Node],
    states: dict[str, State],
    tree: Tree,
    initial: Initial | None,
    other: Collection[str],
) -> dict[str, str]:
    """Put runs whose checkpoints break a rule into ``states``; what was not checked, and why.

    The code at hand cannot initialise those that are ``other`` than what it would make.
    """
    notes: dict[str, str] = {}
    for name, node in nodes.items():
        if node.kind != "run" or not states[name].valid:
            continue
        start = initial
        if initial and (name in other or states[name].name == "behind"):
            start, notes[name] = None, OTHER_CODE if name in other else OTHER_VERSIONS
        try:
            broken = list(_broken_rules(node, tree, notes, start))
        except (BadNotes, DamagedFile, UnreadableRecord, OSError) as error:
            broken = [str(error).replace(f"{tree.folder}/", "")]
        if broken:
            states[name] = State("tampered", tuple(broken))
    return notes


def _broken_rules(
    node: Node, tree: Tree, notes: dict[str, str], initial: Initial | None
) -> Iterator[str]:
    record = read_record(tree.path(node.record))
    checkpoints = read_notes(record)
    if checkpoints is None:
        notes[node.id] = UNNOTED
        return
    yield from few(list(faults(checkpoints)), _NAMED)
    path = next((tree.path(path) for path in node.outputs if path.endswith(f"/{_PARAMS}")), None)
    if path and path.is_file():
        yield from end_faults(checkpoints, read_tensors(path, record.outputs[_PARAMS])[0])
    if initial:
        yield from start_faults(checkpoints, initial(node))


class BadNotes(Exception):
    """A record's checkpoints are not a list of updates and digests."""


@dataclass(frozen=True)
class Notes:
    """What a run's record says of its checkpoints."""

    updates: tuple[int, ...]
    sha256: tuple[tuple[str, ...], ...]
    """Of the parameters of each member, (checkpoint, member)."""
    members: tuple[Mapping[str, Any], ...]
    failed_at_step: tuple[int, ...]
    """First logged step whose loss is not finite, -1 where there is none, (member,)."""
    run: Mapping[str, Any]

    @property
    def seeds(self) -> tuple[Any, ...]:
        """Seed of each member."""
        return tuple(member["seed"] for member in self.members)


def read_notes(record: Record) -> Notes | None:
    """The checkpoints that ``record`` notes; None where it is older than they are.

    Raises:
        BadNotes: they are not of the expected shape.
    """
    checkpoints = record.execution.get("checkpoints")
    if checkpoints is None:
        return None
    try:
        notes = Notes(
            updates=tuple(entry["updates"] for entry in checkpoints),
            sha256=tuple(tuple(entry["sha256"]) for entry in checkpoints),
            members=tuple(dict(member) for member in record.spec["members"]),
            failed_at_step=tuple(record.execution["failed_at_step"]),
            run=dict(record.spec["run"]),
        )
        width = len(notes.seeds)
        sound = (
            notes.updates
            and all(isinstance(n, int) for n in (*notes.updates, *notes.failed_at_step))
            and all(len(row) == width for row in (*notes.sha256, notes.failed_at_step))
            and all(isinstance(hexes, str) for row in notes.sha256 for hexes in row)
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadNotes(f"checkpoints are not readable: {type(error).__name__} {error}") from error
    if not sound:
        raise BadNotes("checkpoints are not one digest per member and step")
    return notes


def faults(notes: Notes) -> Iterator[str]:
    """The rules that ``notes`` break, in words."""
    if notes.updates[0] != 0:
        yield f"the first checkpoint is not the initialisation but of {notes.updates[0]} updates"
    if any(a >= b for a, b in pairwise(notes.updates)):
        yield "checkpoints are not in the order of their updates"
    # Step 0 is the first update.
    steps = notes.run.get("steps")
    if isinstance(steps, int) and notes.updates[-1] != steps + 1:
        yield f"the last checkpoint is of {notes.updates[-1]} updates, the run makes {steps + 1}"
    seen: dict[tuple[int, str], int] = {}
    for updates, row in zip(notes.updates, notes.sha256, strict=True):
        yield from _repeated(notes, updates, row, seen)


def end_faults(notes: Notes, params: Mapping[str, np.ndarray]) -> Iterator[str]:
    """Members whose last checkpoint is not what ``params`` (each (member, ...)) holds."""
    if any(array.shape[:1] != (len(notes.seeds),) for array in params.values()):
        yield f"params.safetensors does not hold {len(notes.seeds)} members"
        return
    for member, recorded in enumerate(notes.sha256[-1]):
        if member_digest(params, member) != recorded:
            yield f"member {member}: params.safetensors does not hold its last checkpoint"


def start_faults(notes: Notes, digests: Sequence[str]) -> Iterator[str]:
    """Members whose first checkpoint is not the initialisation with ``digests``, (member,)."""
    for member, (recorded, computed) in enumerate(zip(notes.sha256[0], digests, strict=True)):
        if recorded != computed:
            seed = notes.seeds[member]
            yield f"member {member}: checkpoint 0 is not the initialisation of seed {seed}"


def _repeated(
    notes: Notes, updates: int, row: Sequence[str], seen: dict[tuple[int, str], int]
) -> Iterator[str]:
    """What of a checkpoint stands there twice; ``seen``: member and digest -> updates."""
    owner: dict[str, int] = {}
    for member, value in enumerate(row):
        if _lost(notes, member, updates):
            continue
        before = seen.setdefault((member, value), updates)
        if before != updates and not _still(notes, before, updates):
            yield f"member {member}: checkpoints of {before} and {updates} updates are the same"
        first = owner.setdefault(value, member)
        if notes.seeds[first] != notes.seeds[member]:
            seeds = f"seeds {notes.seeds[first]} and {notes.seeds[member]}"
            yield f"members {first} and {member} of {seeds} are the same after {updates} updates"


def _lost(notes: Notes, member: int, updates: int) -> bool:
    """True once a member may hold NaN, since its last finite row: all NaN are alike."""
    failed = notes.failed_at_step[member]
    return failed >= 0 and updates > failed - int(notes.run.get("log_every", 1))


def _still(notes: Notes, before: int, after: int) -> bool:
    """True where the one update between two checkpoints has a learning rate of zero."""
    schedule = dict(notes.run.get("optimizer", {}).get("schedule", {}))
    end = notes.run.get("steps", 0) + 1
    if (before, after) == (0, 1):
        return bool(schedule.get("warmup_steps"))
    decays = schedule.get("kind", "constant") != "constant"
    return (before, after) == (end - 1, end) and decays and not schedule.get("final_fraction")

"""How a training is cut into chunks: one call of the compiled program each, a few seconds long.

A chunk ends where its time is up, at a snapshot, or where a phase of the curriculum ends. Chunks of
one phase share one compiled program: its rows have a fixed number, the rest is padding. After each
chunk the training says where it stands. Neither NumPy nor JAX is needed: the display reads this.
"""

from dataclasses import dataclass

from reprise.specs.runs import RunSpec

ROWS = 20
"""Rows per call of the compiled program."""
CHUNK_S = 2.0
"""Time between round trips to the host, and so the longest wait for a stop request."""
BEGINNING = 16
"""Updates whose state every record notes: a training is checked by repeating these few."""
_MOST_GROWTH = 8.0


@dataclass(frozen=True)
class Chunk:
    """What one call does."""

    counts: tuple[int, ...]
    """Updates per row, zero where padded. (ROWS,)"""
    rows: tuple[int, ...]
    """Indices of the rows that end where the spec logs."""
    phase: int
    snapshot: bool
    """Whether a snapshot is due at its end."""

    @property
    def updates(self) -> int:
        """Updates done by the chunk; none when the training is at its end."""
        return sum(self.counts)


@dataclass
class Pace:
    """How many updates fill ``seconds``, by what the last ones took."""

    seconds: float = CHUNK_S
    updates: int = BEGINNING

    def saw(self, updates: int, seconds: float) -> None:
        """Learn from a chunk of ``updates`` that took ``seconds``, compilation apart."""
        wanted = updates * self.seconds / max(seconds, 1e-6)
        self.updates = max(1, round(min(wanted, self.updates * _MOST_GROWTH)))


@dataclass(frozen=True)
class Progress:
    """Where a training stands: the last logged step, the mean train loss of its finite members."""

    step: int
    steps: int
    loss: float
    steps_per_s: float


def next_chunk(run: RunSpec, done: int, limit: int) -> Chunk:
    """The chunk after ``done`` updates, of at most ``limit`` of them.

    Rows end after 1, 1 + log_every, 1 + 2 log_every, ... updates (steps 0, log_every, ...), and
    snapshots after 1, 1 + every, ... A chunk ends after the ``BEGINNING``.
    """
    phase, end = _phase(run, done)
    if done < beginning(run):
        end = min(end, beginning(run))
    if run.snapshots:
        end = min(end, done + 1 + -done % run.snapshots.every)
    end = min(end, done + limit)
    counts: list[int] = []
    rows: list[int] = []
    reached = done
    for row in range(ROWS):
        boundary = reached + 1 + -reached % run.log_every
        counts.append(min(boundary, end) - reached)
        reached += counts[row]
        if counts[row] and reached == boundary:
            rows.append(row)
    due = run.snapshots is not None and reached > done and (reached - 1) % run.snapshots.every == 0
    return Chunk(tuple(counts), tuple(rows), phase, due)


def beginning(run: RunSpec) -> int:
    """The number of updates whose state is noted for whoever repeats the training's beginning."""
    return min(BEGINNING, run.steps + 1)


def _phase(run: RunSpec, done: int) -> tuple[int, int]:
    """The phase of the update after ``done``, and the number of updates after which it ends."""
    for number, phase in enumerate(run.phases):
        if done < phase.until:
            return number, phase.until
    return len(run.phases), run.steps + 1

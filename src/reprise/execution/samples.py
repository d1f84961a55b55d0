"""A training job as what it has to do, and as what it took when it was recorded."""

from dataclasses import dataclass, replace

FIRST_UPDATES = 16
"""Updates of a phase's first chunk, which is timed together with the compilation."""


@dataclass(frozen=True)
class Work:
    """What a training job has to do."""

    family: tuple[str, ...]
    """From special to general: its run, its model and task, its model; alike is nearer."""
    members: int
    updates: int
    flops: float | None
    """Of one update of one member; None: never counted."""
    phases: int = 1
    side_by_side: bool = False
    """Whether members share one update of the program (vmap) or follow one another in it."""

    batch: int = 1
    """Examples of an update, where the task says so."""

    @property
    def example_flops(self) -> float | None:
        """FLOPs of all members for an example; None: never counted."""
        return self.members * self.flops / self.batch if self.flops else None

    def with_flops(self, flops: float | None) -> "Work":
        """The same with FLOPs of an update of one member."""
        return replace(self, flops=flops)

    @property
    def sequential(self) -> int:
        """Members that are trained one after the other within an update."""
        return 1 if self.side_by_side else self.members


@dataclass(frozen=True)
class Sample:
    """A recorded training: what it had to do, and the seconds it took."""

    work: Work
    start_s: float
    compile_s: float
    """First chunk of every phase, compilation included."""
    train_s: float
    """From the first chunk to the last, ``compile_s`` included."""
    here: bool = True
    """Whether this machine made it."""

    @property
    def update_s(self) -> float | None:
        """Seconds of one update of the whole job; None where the first chunks were all."""
        updates = self.work.updates - self.first
        spent = self.train_s - self.compile_s
        return spent / updates if updates > 0 and spent > 0 else None

    @property
    def first(self) -> int:
        """Updates in the first chunks of the phases."""
        return min(FIRST_UPDATES * self.work.phases, self.work.updates)

    @property
    def compiling_s(self) -> float:
        """Compilation of one phase, its first updates taken out."""
        spent = self.first * (self.update_s or 0.0)
        return max(self.compile_s - spent, 0.1 * self.compile_s) / self.work.phases

    def slower(self, factor: float) -> "Sample":
        """The same on a machine that needs ``factor`` times as long."""
        seconds = (self.start_s, self.compile_s, self.train_s)
        start_s, compile_s, train_s = (factor * s for s in seconds)
        return replace(self, start_s=start_s, compile_s=compile_s, train_s=train_s)

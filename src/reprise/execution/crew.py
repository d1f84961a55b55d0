"""The processes that train one job together, on one host or on several.

Each trains its share of the members; they speak with one another when they are done. The first
process alone locks, writes and records; what it says decides how the others end.
"""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from reprise.execution.visible import visible_devices
from reprise.specs.errors import ConfigError
from reprise.specs.members import JobSpec

PROCESS = "REPRISE_PROCESS"
"""Environment variable: which process of how many this is, as ``0/2``; under Slurm not needed."""
HEARTBEAT = "REPRISE_HEARTBEAT_S"
"""Environment variable: seconds after which a silent process is taken for dead."""
_HEARTBEAT_S = 100
_START_S = 300
_END_S = 60


@dataclass(frozen=True)
class Crew:
    """One process among those that train a job together."""

    count: int = 1
    index: int = 0
    slurm: bool = False

    @property
    def alone(self) -> bool:
        """Whether there is no other process."""
        return self.count == 1

    @property
    def leads(self) -> bool:
        """Whether this process writes."""
        return self.index == 0

    def join(self) -> None:
        """Meet the others, before JAX starts; waits for them some minutes."""
        if self.alone:
            return
        import jax

        # It would listen for SIGTERM in our place.
        jax.config.update("jax_enable_preemption_service", False)
        jax.distributed.initialize(
            num_processes=self.count,
            process_id=self.index,
            local_device_ids=_bound_devices(os.environ) if self.slurm else None,
            cluster_detection_method="slurm" if self.slurm else "deactivate",
            initialization_timeout=_START_S,
            heartbeat_timeout_seconds=_heartbeat_s(os.environ),
            shutdown_timeout_seconds=_END_S,
        )

    def gather(self, data: bytes) -> list[bytes]:
        """What each process, in order, brings to this call; every one of them has to make it.

        Raises:
            ConnectionError: one of the others is gone.
        """
        if self.alone:
            return [data]
        import numpy as np
        from jax.errors import JaxRuntimeError
        from jax.experimental.multihost_utils import process_allgather

        try:
            sizes = process_allgather(np.array([len(data)], np.uint32)).ravel()
            padded = np.frombuffer(data.ljust(int(sizes.max()), b"\0"), np.uint8)
            rows = process_allgather(padded) if padded.size else np.zeros((self.count, 0), np.uint8)
        except JaxRuntimeError as error:
            reason = str(error).partition("\n")[0]
            raise ConnectionError(f"another process of this job is gone: {reason}") from None
        return [row[:size].tobytes() for row, size in zip(rows, sizes, strict=True)]

    @contextmanager
    def telling(self) -> Iterator[None]:
        """For the first process: the others, who ``listen``, learn how the block ends."""
        try:
            yield
        except BaseException as error:
            self.gather(f"{type(error).__name__}: {error}".encode())
            raise
        self.gather(b"")

    def listen(self) -> None:
        """End as the first process does; raises OSError with its failure."""
        if told := self.gather(b"")[0].decode():
            raise OSError(f"the first process failed: {told}")

    def share(self, members: int) -> slice:
        """Which of so many members are this process's: in order, evenly, maybe none."""
        return slice(self.index * members // self.count, (self.index + 1) * members // self.count)

    def part(self, job: JobSpec) -> JobSpec:
        """``job`` with this process's members; a process without any is like the first."""
        members = job.members[self.share(len(job.members))] or job.members[:1]
        return job.model_copy(update={"members": members})


ALONE = Crew()


def crew_of(environ: Mapping[str, str] = os.environ) -> Crew:
    """The crew that this process belongs to: several tasks of one step of Slurm, or as told.

    Raises:
        ConfigError: ``REPRISE_PROCESS`` is not of the form ``0/2``, or nobody says where to meet.
    """
    told = environ.get(PROCESS, "").strip()
    if not told:
        tasks = int(environ.get("SLURM_STEP_NUM_TASKS", 1))
        return Crew(tasks, int(environ["SLURM_PROCID"]), slurm=True) if tasks > 1 else ALONE
    match = re.fullmatch(r"(\d{1,6})/(\d{1,6})", told, re.ASCII)
    if match is None or not int(match[1]) < int(match[2]):
        raise ConfigError(f"{PROCESS}={told!r}: number and count of processes, as 0/2 and 1/2")
    crew = Crew(int(match[2]), int(match[1]))
    if not crew.alone and not environ.get("JAX_COORDINATOR_ADDRESS"):
        raise ConfigError(
            f"{PROCESS}={told} needs JAX_COORDINATOR_ADDRESS, where the processes meet: "
            "host:port of the first one"
        )
    return crew


def _heartbeat_s(environ: Mapping[str, str]) -> int:
    """Seconds of silence; raises ConfigError where the variable is no number above zero."""
    value = environ.get(HEARTBEAT, str(_HEARTBEAT_S)).strip()
    if value.isascii() and value.isdigit() and int(value) > 0:
        return int(value)
    raise ConfigError(f"{HEARTBEAT}={value!r}: whole seconds above zero, as {_HEARTBEAT_S}")


def _bound_devices(environ: Mapping[str, str]) -> list[int] | None:
    """The devices of a task to which Slurm gave some of its own; None where all tasks see all.

    JAX then takes the one with the task's number on its host.
    """
    if "SLURM_GPUS_PER_TASK" not in environ:
        return None
    return list(range(len(visible_devices(environ)))) or None

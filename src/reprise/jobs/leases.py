"""One training per device: a lease on each device in use, which dies with the process that has it.

The engine runs jobs side by side and pins none. A training takes as many devices as it may use
(``devices.devices_per_job``) before JAX starts, and JAX then sees no other.
"""

import logging
import os
import socket
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from reprise.project import Project
from reprise.storage.atomic import locked
from reprise.training.devices import CUDA, PER_JOB, devices_per_job, visible_devices

_ASK_AGAIN_S = 0.5
_HELD = ExitStack()
"""Leases of this process, given back when it ends: its memory on a device is not any sooner."""

log = logging.getLogger(__name__)


class Interrupted(Exception):
    """A signal stopped a training, whose state is saved, or the wait for a device."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


def lease(project: Project, signals: Sequence[int] = ()) -> tuple[str, ...]:
    """Take devices for this process, waiting until enough are free; their names.

    Sets ``CUDA_VISIBLE_DEVICES`` to them. None are taken where there is no NVIDIA device, nor in a
    job of Slurm, which has its own. Interrupted: one of ``signals`` came while it waited.
    """
    most = devices_per_job()
    names = visible_devices()
    if not names or (PER_JOB not in os.environ and "SLURM_JOB_ID" in os.environ):
        return ()
    wanted = min(most or len(names), len(names))
    waiting = False
    while not (taken := _take(_folder(project), names, wanted)):
        if signals:
            raise Interrupted("stopped while it waited for a device; nothing was begun", signals[0])
        if not waiting:
            log.warning("waiting for %d of %d devices: others train on them", wanted, len(names))
            waiting = True
        time.sleep(_ASK_AGAIN_S)
    os.environ[CUDA] = ",".join(taken)
    return taken


def side_by_side(environ: Mapping[str, str] = os.environ, root: Path = Path("/")) -> int | None:
    """How many trainings find a device at one time; None where there is no NVIDIA device."""
    names = visible_devices(environ, root)
    if not names:
        return None
    return max(1, len(names) // (devices_per_job(environ) or len(names)))


def _take(folder: Path, names: tuple[str, ...], wanted: int) -> tuple[str, ...]:
    """All ``wanted`` leases or none, so that no two wait for each other's."""
    taken: list[str] = []
    with ExitStack() as leases:
        for name in names:
            # Of this host: others may share the folder, and have devices of the same name.
            file = f"gpu-{name}.{socket.gethostname()}.lock".replace("/", "-")
            try:
                leases.enter_context(locked(folder / file, wait=False))
            except BlockingIOError:
                continue
            taken.append(name)
            if len(taken) == wanted:
                _HELD.push(leases.pop_all())
                return tuple(taken)
    return ()


def _folder(project: Project) -> Path:
    """Where leases are; a project inside the cache of another one has the other's devices."""
    outer = [folder for folder in project.root.parents if folder.name == project.cache.name]
    return (outer[0] if outer else project.cache) / "locks"

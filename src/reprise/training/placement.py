"""The members of a job spread over the devices of this process.

Computation follows data: a state whose member axis lies on several devices keeps the compiled step
there, each device with its own members and no word between them. So the state is all that is
placed, and the training itself knows nothing of devices.
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from reprise.specs.runs import JobSpec
from reprise.training.loop import StateStore
from reprise.training.program import Program

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Placement:
    """The devices that share the members of a job out, in equal parts."""

    devices: tuple[jax.Device, ...]
    note: str | None = None
    """Why fewer than there are, where it is so."""

    @property
    def recorded(self) -> dict[str, Any]:
        """What the record says of it."""
        note = {"sharding_note": self.note} if self.note else {}
        return {"sharded_over": len(self.devices), **note}

    @cached_property
    def sharding(self) -> NamedSharding:
        """Equal parts of an array's first axis, one per device."""
        return NamedSharding(Mesh(np.array(self.devices), ("member",)), PartitionSpec("member"))

    def store(self, job: JobSpec, inner: StateStore) -> StateStore:
        """``inner``, whose states come placed; ``inner`` itself for a single device."""
        return inner if len(self.devices) == 1 else _PlacedStore(job, inner, self)


def place(job: JobSpec, most: int | None) -> Placement:
    """At most ``most`` devices of this process (None: all) that share the members of ``job`` out.

    The number of members is never changed: of the devices, as many are used as divide it.
    """
    here = tuple(jax.local_devices())[:most]
    members = len(job.members)
    used = max(n for n in range(1, len(here) + 1) if members % n == 0)
    note = None
    if job.run.batching == "map" and len(here) > 1:
        used, note = 1, "batching: map trains one member after the other"
    elif used < len(here):
        note = f"{members} members on {len(here)} devices: {used} divide them"
    return Placement(here[:used], note)


class _PlacedStore:
    """Resume states that come with their member axis on the devices of a placement.

    Where there is none yet, the seeded initialisation is handed over as the state after no update.
    """

    def __init__(self, job: JobSpec, inner: StateStore, placement: Placement) -> None:
        self._job = job
        self._inner = inner
        self._placement = placement

    def save(
        self, position: int, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]
    ) -> None:
        """Keep the state where ``inner`` does: it does not depend on the devices."""
        self._inner.save(position, arrays, header)

    def newest(self) -> tuple[int, dict[str, Any], dict[str, Any]]:
        """The newest state, or the initial one, placed."""
        sharding = self._placement.sharding
        log.info("%d members on %d devices", len(self._job.members), len(self._placement.devices))
        found = self._inner.newest()
        if found is None:
            # Initialised as a single device does, and only then spread: the same bits.
            leaves = jax.tree.leaves(jax.device_put(Program(self._job).init(), sharding))
            return 0, {f"state/{i}": x for i, x in enumerate(leaves)}, {"checkpoints": []}
        done, arrays, header = found
        placed = {
            name: jax.device_put(array, sharding) if name.startswith("state/") else array
            for name, array in arrays.items()
        }
        return done, placed, header

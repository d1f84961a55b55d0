"""How many members of a run one device holds at once, from the compiled program.

The bytes of a program grow linearly with its members, so two compilations give them for any number.
Nothing changes by itself: another number of members can change bits (``members_per_job``).
"""

from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import jax
import psutil
from jax.errors import JaxRuntimeError

from reprise import machine
from reprise.specs.runs import JobSpec
from reprise.training.chunks import ROWS
from reprise.training.program import Program, padding

SHARE = 0.9
"""Part of the device's memory that is planned with; the rest is for fragments and the libraries."""
_COMPILED = (2, 4)


@dataclass(frozen=True)
class Need:
    """Bytes of a training: ``fixed + members * per_member``."""

    fixed: float
    per_member: float

    def of(self, members: int) -> float:
        """Bytes of ``members`` at once."""
        return self.fixed + members * self.per_member

    def fitting(self, limit: float) -> int:
        """The largest number of members that ``SHARE`` of ``limit`` bytes holds; 0 if none."""
        return max(0, int((SHARE * limit - self.fixed) // self.per_member))


def need(job: JobSpec) -> Need:
    """What training members of ``job`` takes on the device that JAX uses; compiles, trains nothing.

    On a CPU the libraries of this process are part of ``fixed``.
    """
    first, second = (_bytes(job, count) for count in _COMPILED)
    per_member = max(1.0, (second - first) / (_COMPILED[1] - _COMPILED[0]))
    return Need(first - _COMPILED[0] * per_member + _process(), per_member)


def advice(job: JobSpec) -> int | None:
    """The members of ``job`` that this device holds at once, fewer than it has; None if unknown."""
    try:
        found = need(job).fitting(limit())
    except JaxRuntimeError:
        return None
    return found if 0 < found < len(job.members) else None


def limit() -> int:
    """Bytes that JAX may use of its device: of a CPU all memory that this process may use."""
    statistics = jax.devices()[0].memory_stats() or {}
    return int(statistics.get("bytes_limit") or machine.memory())


def _bytes(job: JobSpec, count: int) -> float:
    """Arguments, results and intermediate arrays of the largest program, for ``count`` members."""
    members = tuple(islice(cycle(job.members), count))
    program = Program(job.model_copy(update={"members": members}))
    return max(_of_phase(program, phase) for phase in range(len(job.run.tasks)))


def _of_phase(program: Program, phase: int) -> float:
    given = (program.members, program.data, padding(ROWS), phase)
    lowered = program._compiled_advance.lower(program.shapes(), *given)
    found: Any = lowered.compile().memory_analysis()
    return float(
        found.argument_size_in_bytes
        + found.output_size_in_bytes
        - found.alias_size_in_bytes
        + found.temp_size_in_bytes
    )


def _process() -> int:
    return psutil.Process().memory_info().rss if jax.default_backend() == "cpu" else 0

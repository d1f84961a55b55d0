"""Floating-point operations of a training, counted in the traced program that is compiled.

The compiler's own count (``cost_analysis``, of a lowered or a compiled program) takes the body of a
loop once, however often it runs: layers, heads and tokens that are scanned are missing from it.
Here a body counts as often as its loop runs. A product of [m, k] and [k, n] is 2 m k n operations;
other arithmetic is one per element, transcendental functions included; moving, comparing,
converting and drawing random bits is none.

Utilisation compares what a training reached with the device's best: one large matrix product.
"""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.errors import JaxRuntimeError

from reprise.specs.runs import JobSpec, RunSpec
from reprise.storage.atomic import write_json
from reprise.training.chunks import ROWS

_PRODUCT_ROWS = {"cpu": 1024}
"""Rows of the square matrices whose product is timed, by type of device."""
_LARGE = 8192
_TIMES = 3

_ARITHMETIC = frozenset(
    "add add_any sub mul div rem neg abs sign max min square sqrt rsqrt cbrt integer_pow pow "
    "exp exp2 log expm1 log1p tanh logistic sin cos tan asin acos atan atan2 sinh cosh "
    "erf erfc erf_inv lgamma digamma nextafter".split()
)
_OVER_INPUTS = frozenset(
    "reduce_sum reduce_max reduce_min reduce_prod cumsum cumprod cummax cummin cumlogsumexp "
    "scatter-add scatter-mul reduce_precision".split()
)


@dataclass(frozen=True)
class Operations:
    """Of one member."""

    per_update: float
    """Of one update in the last phase: batch, loss, gradient, optimiser."""
    total: float
    """Of all updates of all phases, and of the metrics of every logged row."""


def count(run: RunSpec, members: int, traced: Sequence[Any]) -> Operations:
    """The operations that training one of ``members`` takes.

    ``traced`` are the jaxprs of ``Program.traced`` for ``ROWS`` rows, one per phase. The number of
    updates in a row is data to that program, so a row is counted with one update and with none.
    """
    ends = [*(phase.until for phase in run.phases), run.steps + 1]
    rows = [operations(jaxpr, turns=0) / (ROWS * members) for jaxpr in traced]
    whole = [operations(jaxpr, turns=1) / (ROWS * members) for jaxpr in traced]
    each = [with_one - none for with_one, none in zip(whole, rows, strict=True)]
    updates = zip(np.diff([0, *ends]), each, strict=True)
    total = sum(int(number) * update for number, update in updates)
    return Operations(each[-1], total + (run.steps // run.log_every + 1) * rows[-1])


def operations(jaxpr: Any, turns: int = 1) -> float:
    """Operations of a program; a loop whose number of turns depends on data takes ``turns``."""
    return float(sum(_of_equation(equation, turns) for equation in jaxpr.eqns))


def _of_equation(equation: Any, turns: int) -> float:
    name, params = equation.primitive.name, equation.params
    if name == "dot_general":
        (contracted, _), _ = params["dimension_numbers"]
        sizes = equation.invars[0].aval.shape
        return 2.0 * prod(sizes[axis] for axis in contracted) * equation.outvars[0].aval.size
    if name in _ARITHMETIC:
        return _floats(equation.outvars)
    if name in _OVER_INPUTS:
        return _floats(equation.invars[-1:])
    inner = [operations(body, turns) for body in _bodies(params)]
    if name == "cond":
        return max(inner)
    return sum(inner) * {"scan": params.get("length", 1), "while": turns}.get(name, 1)


def _bodies(params: dict[str, Any]) -> Iterator[Any]:
    for value in params.values():
        for item in value if isinstance(value, tuple | list) else (value,):
            body = getattr(item, "jaxpr", item)
            if hasattr(body, "eqns"):
                yield body


def _floats(variables: Any) -> float:
    return float(sum(v.aval.size for v in variables if np.issubdtype(v.aval.dtype, np.floating)))


@dataclass(frozen=True)
class Devices:
    """Equal devices that share the members of a job out."""

    platform: str
    kind: str
    """The processor's or the card's name."""
    count: int
    cache: Path
    """Folder of ``peaks.json``, which keeps what was measured; deleting it measures again."""

    def peak(self, dtype: str, profile: str, threads: int, reached: float = 0.0) -> float:
        """The best of all of them, in operations per second; measured where it is not known.

        It is measured again where a real program ``reached`` more than what is known: a busy
        machine measures too little, and of two measurements the larger is kept.
        """
        file = self.cache / "peaks.json"
        name = f"{self.platform} {self.kind}, {dtype}, {profile}, threads {threads}"
        known = _read(file).get(name, 0.0)
        if not known or known * self.count < reached:
            known = max(measure(self.platform, dtype), known)
            # Without a lock: what another process adds meanwhile is only measured once more.
            write_json(file, {**_read(file), name: known})
        return self.count * known


def performance(
    job: JobSpec, work: Operations, updates_per_s: float | None, devices: Devices
) -> dict[str, Any]:
    """What the record says: operations in all, per second, and as a share of the devices' best.

    The last three values are None where the training was too short to time (no ``updates_per_s``).
    """
    members, run = len(job.members), job.run
    known: dict[str, Any] = {
        "flops": work.total * members,
        "flops_per_update": work.per_update,
        "flops_per_s": None,
        "peak_flops_per_s": None,
        "utilisation": None,
    }
    if updates_per_s is None:
        return known
    reached = work.total / (run.steps + 1) * members * updates_per_s
    known["flops_per_s"] = reached
    try:
        best = devices.peak(run.dtype, job.numerics or "exact", run.threads, reached)
    except JaxRuntimeError:  # no memory left: never at the expense of a training that is done
        return known
    return {**known, "peak_flops_per_s": best, "utilisation": round(reached / best, 4)}


def measure(platform: str, dtype: str) -> float:
    """Operations per second of the fastest of a few products, as this process computes them."""
    size = _PRODUCT_ROWS.get(platform, _LARGE)
    product = jax.jit(jnp.matmul)
    factor = jnp.ones((size, size), dtype)
    product(factor, factor).block_until_ready()
    seconds = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        product(factor, factor).block_until_ready()
        seconds.append(time.perf_counter() - began)
    return 2.0 * size**3 / min(seconds)


def _read(file: Path) -> dict[str, float]:
    try:
        known = json.loads(file.read_text(encoding="utf-8"))
        return {str(name): float(value) for name, value in known.items()}
    except (OSError, ValueError, TypeError, AttributeError):
        return {}

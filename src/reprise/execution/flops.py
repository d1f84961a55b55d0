"""Floating-point operations of a job, counted in the traced program that the device compiles.

The compiler's own count (``cost_analysis``, of a lowered or a compiled program) takes the body of a
loop once, however often it runs: layers, heads and tokens that are scanned are missing from it.
Here a body counts as often as its loop runs. A product of [m, k] and [k, n] is 2 m k n operations;
other arithmetic is one per element, transcendental functions included; moving, comparing,
converting and drawing random bits is none.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from math import prod
from typing import Any

import jax
import numpy as np

from reprise.specs.members import JobSpec
from reprise.training.program import Program

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
class Work:
    """Operations of one member."""

    per_update: float
    """Of one update in the last phase: batch, loss, gradient, optimiser."""
    total: float
    """Of all updates of all phases, and of the metrics of every logged row."""


def count(job: JobSpec) -> Work:
    """The operations that training one member of ``job`` takes; traces, but computes nothing."""
    program, run = Program(job), job.run
    member, data = (jax.tree.map(lambda x: x[0], part) for part in (program.members, program.data))
    state = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), program.shapes())
    ends = [*(phase.until for phase in run.phases), run.steps + 1]
    each = [_traced(partial(program._update, task=t), state, member, data) for t in run.tasks]
    row = _traced(program._evaluate, state.params, data)
    updates = zip(np.diff([0, *ends]), each, strict=True)
    total = sum(int(number) * update for number, update in updates)
    return Work(each[-1], total + (run.steps // run.log_every + 1) * row)


def _traced(function: Callable[..., Any], *shapes: Any) -> float:
    return operations(jax.make_jaxpr(function)(*shapes).jaxpr)


def operations(jaxpr: Any) -> float:
    """Operations of a program; a loop whose number of turns depends on data takes one."""
    return float(sum(_of_equation(equation) for equation in jaxpr.eqns))


def _of_equation(equation: Any) -> float:
    name, params = equation.primitive.name, equation.params
    if name == "dot_general":
        (contracted, _), _ = params["dimension_numbers"]
        sizes = equation.invars[0].aval.shape
        return 2.0 * prod(sizes[axis] for axis in contracted) * equation.outvars[0].aval.size
    if name in _ARITHMETIC:
        return _floats(equation.outvars)
    if name in _OVER_INPUTS:
        return _floats(equation.invars[-1:])
    inner = [operations(body) for body in _bodies(params)]
    if name == "cond":
        return max(inner)
    return sum(inner) * (params["length"] if name == "scan" else 1)


def _bodies(params: dict[str, Any]) -> Iterator[Any]:
    for value in params.values():
        for item in value if isinstance(value, tuple | list) else (value,):
            body = getattr(item, "jaxpr", item)
            if hasattr(body, "eqns"):
                yield body


def _floats(variables: Any) -> float:
    return float(sum(v.aval.size for v in variables if np.issubdtype(v.aval.dtype, np.floating)))

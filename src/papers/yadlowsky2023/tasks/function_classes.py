"""Classes of functions for in-context regression: drawing functions, and their values.

Parameters are mappings of arrays whose first axis is the sequence. The same code serves JAX (in a
compiled step) and NumPy (float64, for evaluation); see ``papers.shared.rng``.

Sources: dense and sparse linear functions and two-layer ReLU networks, Garg et al. 2022, scaled
to E f(x)^2 = 1 unless told otherwise; lines, sines and convex combinations, Yadlowsky et al. 2023.
"""

import math
from typing import Any

import jax

from papers.shared.rng import Source
from papers.yadlowsky2023.spec import (
    Convex,
    Dense,
    FunctionClass,
    Law,
    Line,
    Ramp,
    Relu,
    Sine,
    Sparse,
)

Parameters = dict[str, Any]


def draw_law(law: Law, source: Source, *shape: int) -> Any:
    """Independent numbers of ``law``, an array of ``shape``."""
    if law.normal is not None:
        mean, deviation = law.normal
        return mean + deviation * source.normal(*shape)
    if law.lognormal is not None:
        median, deviation = law.lognormal
        return median * source.xp.exp(deviation * source.normal(*shape))
    if law.uniform is not None:
        low, high = law.uniform
        return low + (high - low) * source.uniform(*shape)
    if law.grid is not None:
        first, last, count = law.grid
        step = (last - first) / (count - 1)
        return first + step * source.xp.floor(count * source.uniform(*shape))
    return source.xp.full(shape, law.fixed, source.dtype)


def draw(
    function: FunctionClass,
    source: Source,
    count: int,
    dims: int = 1,
    active_dims: int | None = None,
    scale: str = "unit",
) -> Parameters:
    """Parameters of ``count`` functions on R^dims.

    Only the first ``active_dims`` inputs matter to linear classes (None: all), and the unit scale
    counts those. ``garg``: nonzero weights are N(0, 1) and ReLU networks are not divided.
    """
    active = active_dims or dims
    match function:
        case Line() | Sine():
            names = [name for name in type(function).model_fields if name != "kind"]
            return {n: draw_law(getattr(function, n), source.named(n), count, 1) for n in names}
        case Convex():
            return {
                "alpha": draw_law(function.alpha, source.named("alpha"), count, 1),
                "line": draw(function.line, source.named("line"), count),
                "sine": draw(function.sine, source.named("sine"), count),
            }
        case Relu():
            hidden, size = function.hidden, active if scale == "unit" else 1
            return {
                "hidden": source.named("hidden").normal(count, dims, hidden),
                "outer": source.named("outer").normal(count, hidden) * math.sqrt(2 / hidden / size),
            }
        case Dense() | Sparse():
            nonzeros = min(function.nonzeros, active) if isinstance(function, Sparse) else active
            size = nonzeros if scale == "unit" else 1
            weights = source.named("weights").normal(count, active)
            if isinstance(function, Sparse):
                weights = signed_power(weights, function.power)
            weights = weights / math.sqrt(size)
            if nonzeros < active:
                weights = weights * support(source.named("support"), count, active, nonzeros)
            return {"weights": source.xp.pad(weights, ((0, 0), (0, dims - active)))}


def signed_power(z: Any, power: Any) -> Any:
    """sign(z) |z|^power of standard normal ``z``, over its deviation.

    ``power`` is a number, an array, or a ``Ramp``, of which the end is taken.
    """
    if isinstance(power, Ramp):
        power = power.last
    if isinstance(power, float) and power == 1.0:
        return z
    # E |z|^(2 p) = 2^p Gamma(p + 1/2) / sqrt(pi).
    log_gamma = math.lgamma if isinstance(power, float) else jax.scipy.special.gammaln
    log_variance = power * math.log(2) + log_gamma(power + 0.5) - 0.5 * math.log(math.pi)
    xp = z.__array_namespace__()
    return xp.sign(z) * xp.abs(z) ** power * xp.exp(xp.asarray(-0.5 * log_variance, dtype=z.dtype))


def support(source: Source, count: int, dims: int, nonzeros: int) -> Any:
    """Uniform random supports: booleans [count, dims], exactly ``nonzeros`` of them true per row.

    A coordinate is in where fewer than ``nonzeros`` others have a smaller random score; ties go to
    the earlier one.
    """
    xp = source.xp
    score = source.uniform(count, dims)
    mine, other = score[:, :, None], score[:, None, :]
    earlier = xp.arange(dims)[None, :] < xp.arange(dims)[:, None]
    smaller = (other < mine) | ((other == mine) & earlier)
    return smaller.sum(axis=-1) < nonzeros


def values(function: FunctionClass, parameters: Parameters, x: Any) -> Any:
    """Noise-free values [sequence, point] at inputs ``x`` [sequence, point, dims]."""
    xp = x.__array_namespace__()
    match function:
        case Dense() | Sparse():
            return xp.einsum("npd,nd->np", x, parameters["weights"])
        case Relu():
            hidden = xp.maximum(xp.einsum("npd,ndh->nph", x, parameters["hidden"]), 0.0)
            return xp.einsum("nph,nh->np", hidden, parameters["outer"])
        case Line():
            return parameters["slope"] * x[..., 0] + parameters["intercept"]
        case Sine():
            wave = xp.sin(parameters["frequency"] * x[..., 0] + parameters["phase"])
            return parameters["amplitude"] * wave + parameters["offset"]
        case Convex():
            line = values(function.line, parameters["line"], x)
            sine = values(function.sine, parameters["sine"], x)
            return parameters["alpha"] * line + (1 - parameters["alpha"]) * sine


def components(function: FunctionClass, parameters: Parameters, x: Any) -> tuple[Any, Any] | None:
    """The line and the sine of one-dimensional functions, each [sequence, point], unweighted.

    Zeros for what a pure class does not have; None for classes that are neither.
    """
    if isinstance(function, Convex):
        return (
            values(function.line, parameters["line"], x),
            values(function.sine, parameters["sine"], x),
        )
    if not isinstance(function, (Line, Sine)):
        return None
    own = values(function, parameters, x)
    return (own, 0 * own) if isinstance(function, Line) else (0 * own, own)

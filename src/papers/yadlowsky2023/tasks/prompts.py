"""Evaluation prompts: fixed functions and inputs that all models of a figure share.

NumPy, float64, the same on every machine.

Prompts of one seed are paired: two classes that differ in a parameter (the weight of a
combination, a frequency, a number of nonzeros) get the same inputs and the same draws otherwise.
"""

import math

import numpy as np

from papers.shared.rng import FromSeed
from papers.yadlowsky2023.spec import FunctionClass, Law
from papers.yadlowsky2023.tasks.function_classes import components, draw, draw_law, values

Arrays = dict[str, np.ndarray]

NORMAL = Law(normal=(0.0, 1.0))


def prompts(
    function: FunctionClass,
    count: int,
    pairs: int,
    seed: int,
    *,
    dims: int = 1,
    inputs: Law = NORMAL,
    noise: float = 0.0,
    scale: str = "unit",
    queries: np.ndarray | None = None,
) -> Arrays:
    """``count`` prompts of one class: ``inputs`` [count, pairs, dims] and ``y`` [count, pairs].

    One-dimensional functions also give ``f_lin`` and ``f_sin`` [count, pairs], the unweighted
    components. With ``queries`` [query] (one-dimensional), the noise-free ``query_y``,
    ``query_f_lin`` and ``query_f_sin`` [count, query] as well.
    """
    source = FromSeed(seed).named("prompts")
    drawn = draw(function, source.named("function"), count, dims, scale=scale)
    x = draw_law(inputs, source.named("inputs"), count, pairs, dims)
    found = {"inputs": x} | _values(function, drawn, x, "")
    found["y"] = found["y"] + noise * source.named("noise").normal(count, pairs)
    if queries is not None:
        grid = np.broadcast_to(np.asarray(queries)[None, :, None], (count, len(queries), 1))
        found |= {"query_x": grid[..., 0].copy()} | _values(function, drawn, grid, "query_")
    return found


def line_plus_sine(
    slopes: np.ndarray,
    points: int,
    *,
    queries: int = 100,
    noise: float = 0.0,
    random_inputs: bool = False,
    seed: int = 0,
) -> Arrays:
    """Sums slope * x + 0.2 sin(3 pi x) on [-1, 1] (Müller et al. 2024).

    The context is ``points`` equispaced inputs, ends included, or uniform random ones; queries are
    equispaced. Gives ``context_x``, ``context_y`` [slope, points], and [slope, queries]:
    ``query_x``, ``query_y`` (noise free), ``query_f_lin`` (the input itself, so that its
    coefficient is a slope) and ``query_f_sin`` (sin(3 pi x), so that it is an amplitude).
    """
    source = FromSeed(seed).named("line plus sine")
    shape = (len(slopes), points)
    x = np.broadcast_to(np.linspace(-1.0, 1.0, points), shape)
    if random_inputs:
        x = 2 * source.named("inputs").uniform(*shape) - 1
    query_x = np.broadcast_to(np.linspace(-1.0, 1.0, queries), (len(slopes), queries))
    m = np.asarray(slopes)[:, None]

    def total(z: np.ndarray) -> np.ndarray:
        return m * z + 0.2 * np.sin(3 * math.pi * z)

    return {
        "context_x": np.array(x),
        "context_y": total(x) + noise * source.named("noise").normal(*shape),
        "query_x": np.array(query_x),
        "query_y": total(query_x),
        "query_f_lin": np.array(query_x),
        "query_f_sin": np.sin(3 * math.pi * query_x),
    }


def _values(function: FunctionClass, drawn: Arrays, x: np.ndarray, prefix: str) -> Arrays:
    found = {f"{prefix}y": values(function, drawn, x)}
    parts = components(function, drawn, x)
    if parts is not None:
        found |= {f"{prefix}f_lin": parts[0], f"{prefix}f_sin": parts[1]}
    return found

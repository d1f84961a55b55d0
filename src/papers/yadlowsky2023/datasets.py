"""Evaluation prompts of Yadlowsky et al. 2023, made once and shared by all models of a figure."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from papers.shared.rng import FromSeed
from papers.yadlowsky2023.spec import Convex, Dense, FunctionClass, Law, Line, Relu, Sine, Sparse
from papers.yadlowsky2023.tasks.prompts import line_plus_sine, prompts

Arrays = dict[str, np.ndarray]

CENTRAL = 1.959964
"""Standard normal inputs lie within +- this with probability 0.95."""
GRID = 41
"""Points of the grid over the central 95 % of inputs."""


def linear(params: Mapping[str, Any], seed: int) -> Arrays:
    """Prompts of dense and sparse linear functions, for Figures 1 and 2.

    ``inputs`` [prompt, pair, dim] are shared; ``dense_y`` and ``sparse_y`` [prompt, pair];
    ``nonzeros`` [1] of the sparse class.
    """
    dims = int(params["dims"])
    shape = int(params["prompts"]), int(params["pairs"]), seed
    dense = prompts(Dense(kind="dense"), *shape, dims=dims)
    sparse = prompts(Sparse(kind="sparse", nonzeros=int(params["nonzeros"])), *shape, dims=dims)
    return {
        "inputs": dense["inputs"],
        "dense_y": dense["y"],
        "sparse_y": sparse["y"],
        "nonzeros": np.array([int(params["nonzeros"])]),
    }


def nonzeros(params: Mapping[str, Any], seed: int) -> Arrays:
    """Prompts with 1..dims nonzero weights, for Figure 3.

    ``inputs`` [prompt, pair, dim] are shared; ``y`` [m - 1, prompt, pair] with m nonzero weights;
    ``nonzeros`` [1] of the class that networks are trained on.
    """
    dims = int(params["dims"])
    shape = int(params["prompts"]), int(params["pairs"]), seed
    made = [prompts(Sparse(kind="sparse", nonzeros=m), *shape, dims=dims) for m in range(1, dims)]
    made.append(prompts(Dense(kind="dense"), *shape, dims=dims))
    return {
        "inputs": made[0]["inputs"],
        "y": np.stack([one["y"] for one in made]),
        "nonzeros": np.array([int(params["nonzeros"])]),
    }


def relu(params: Mapping[str, Any], seed: int) -> Arrays:
    """Prompts of dense, sparse and two-layer ReLU functions, for Appendix A.

    ``inputs`` [prompt, pair, dim] are shared; ``dense_y``, ``sparse_y`` and ``relu_y``.
    """
    shape = int(params["prompts"]), int(params["pairs"]), seed
    network = Relu(kind="relu", hidden=int(params["hidden"]))
    made = prompts(network, *shape, dims=int(params["dims"]))
    return {**linear(params, seed), "relu_y": made["y"]}


def curves(params: Mapping[str, Any], seed: int) -> Arrays:
    """A line and a sine per prompt, from which every combination is made, for Figures 4 and 5.

    ``x``, ``f_lin``, ``f_sin`` and standard normal ``noise`` [prompt, pair]; the weight ``alpha``
    [prompt] of a random combination; ``query_x``, ``query_f_lin``, ``query_f_sin``
    [prompt, query]: every prompt is asked at ``queries`` points of a grid over the central 95 % of
    inputs, other ones from prompt to prompt, so that all points count alike. ``grid_x``,
    ``grid_f_lin`` and ``grid_f_sin`` [prompt, point] hold the whole grid.
    """
    count, pairs = int(params["prompts"]), int(params["pairs"])
    both = Convex(kind="convex", alpha=Law(fixed=0.5))
    made = prompts(both, count, pairs, seed, queries=_grid())
    source = FromSeed(seed).named("curves")
    return {
        "x": made["inputs"][..., 0],
        "f_lin": made["f_lin"],
        "f_sin": made["f_sin"],
        "noise": source.named("noise").normal(count, pairs),
        "alpha": source.named("alpha").uniform(count),
        **_asked(made, int(params["queries"]), ("x", "f_lin", "f_sin")),
        **{f"grid_{name}": made[f"query_{name}"] for name in ("x", "f_lin", "f_sin")},
    }


def frequencies(params: Mapping[str, Any], seed: int) -> Arrays:
    """Sines of ``frequencies``, the phases the same for all, for Figure 6.

    ``x`` [prompt, pair] and ``query_x`` [prompt, query] as in ``curves``, ``y``
    [frequency, prompt, pair] and ``query_y`` [frequency, prompt, query].
    """
    made = [
        prompts(
            Sine(frequency=Law(fixed=float(frequency))),
            int(params["prompts"]),
            int(params["pairs"]),
            seed,
            queries=_grid(),
        )
        for frequency in params["frequencies"]
    ]
    asked = [_asked(one, int(params["queries"]), ("x", "y")) for one in made]
    return {
        "frequency": np.array(params["frequencies"], float),
        "x": made[0]["inputs"][..., 0],
        "y": np.stack([one["y"] for one in made]),
        "query_x": asked[0]["query_x"],
        "query_y": np.stack([one["query_y"] for one in asked]),
    }


def sums(params: Mapping[str, Any], seed: int) -> Arrays:
    """Sums m x + 0.2 sin(3 pi x) on [-1, 1], for the counter-replication (Müller et al. 2024).

    For every n of ``examples`` and every ``equispaced``, ``random`` and ``noisy`` (random, with
    noise): ``<kind>_<n>_x`` and ``<kind>_<n>_y`` [slope, draw, n], one draw where equispaced.
    ``query_x`` [query] and, at the queries, ``line`` (x) and ``sine`` (sin(3 pi x)).
    """
    slopes = np.array(params["slopes"], float)
    draws, noise = int(params["draws"]), float(params["noise"])
    found: Arrays = {"slope": slopes}
    for n in params["examples"]:
        for kind, count in (("equispaced", 1), ("random", draws), ("noisy", draws)):
            made = line_plus_sine(
                np.repeat(slopes, count),
                int(n),
                queries=GRID,
                noise=noise if kind == "noisy" else 0.0,
                random_inputs=kind != "equispaced",
                seed=seed + int(n),
            )
            for axis in ("x", "y"):
                context = made[f"context_{axis}"]
                found[f"{kind}_{n}_{axis}"] = context.reshape(len(slopes), count, -1)
    return found | {
        "query_x": made["query_x"][0],
        "line": made["query_f_lin"][0],
        "sine": made["query_f_sin"][0],
    }


def sum_draws(params: Mapping[str, Any], seed: int) -> Arrays:
    """Random noisy prompts of lines, sines and their sums on [-1, 1], ``prompts`` of each.

    For ``line``, ``sine`` and ``sum`` (slope uniform in [-1, 1], nothing else random):
    ``<kind>_x``, ``<kind>_y`` [prompt, pair] and the noise-free ``<kind>_query_y``
    [prompt, query]; ``query_x`` [query].
    """
    count, pairs, noise = int(params["prompts"]), int(params["pairs"]), float(params["noise"])
    queries, inputs = np.linspace(-1.0, 1.0, GRID), Law(uniform=(-1.0, 1.0))
    grid = Law(grid=(-1.0, 1.0, 101))
    classes: dict[str, FunctionClass] = {
        "line": Line(slope=grid, intercept=grid),
        "sine": Sine(
            amplitude=Law(fixed=0.2),
            frequency=Law(fixed=3 * np.pi),
            phase=Law(fixed=0.0),
            offset=Law(grid=(0.0, 1.0, 101)),
        ),
        "sum": Line(slope=Law(uniform=(-1.0, 1.0))),
    }
    found: Arrays = {"query_x": queries}
    for kind, function in classes.items():
        made = prompts(function, count, pairs, seed, inputs=inputs, noise=noise, queries=queries)
        x = made["inputs"][..., 0]
        extra = 0.2 if kind == "sum" else 0.0
        found[f"{kind}_x"] = x
        found[f"{kind}_y"] = made["y"] + extra * np.sin(3 * np.pi * x)
        found[f"{kind}_query_y"] = made["query_y"] + extra * np.sin(3 * np.pi * queries)
    return found


def _grid() -> np.ndarray:
    return np.linspace(-CENTRAL, CENTRAL, GRID)


def _asked(made: Arrays, queries: int, names: tuple[str, ...]) -> Arrays:
    """Of each prompt's grid ``queries`` even points, the first one moving from prompt to prompt."""
    places = (np.arange(len(made["inputs"]))[:, None] + np.arange(queries) * GRID // queries) % GRID
    return {
        f"query_{name}": np.take_along_axis(made[f"query_{name}"], places, axis=1) for name in names
    }

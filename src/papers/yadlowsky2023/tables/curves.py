"""Lines, sines and their combinations: errors after n examples (Figures 4 and 5, control)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables.networks import at_queries
from papers.yadlowsky2023.theory import class_average, curve_bayes, curves
from papers.yadlowsky2023.theory.blends import blend
from papers.yadlowsky2023.theory.fitted_networks import tanh_network
from papers.yadlowsky2023.theory.gaussian_process import squared_exponential
from reprise.results import Inputs, RunResult
from reprise.stats.resampling import band, means
from reprise.training.progress import counted, done, expect

Prompts = Mapping[str, np.ndarray]

FREQUENCIES = (1.0, 5.0)
"""Training range of the sines, radians per unit of x."""
EVEN = 0.5
COUNTER = (0.0, EVEN, 1.0)
"""Weights of the line that the counter-replication reads, beside random ones."""
GRID = (161, 64)
"""Frequencies and phases over which the exact posterior of a sine is summed."""


def networks(inputs: Inputs) -> pd.DataFrame:
    """Errors of the networks on combinations: ``model`` (the run's name) and ``rows``'s columns.

    Params: ``alphas``, ``examples``; ``noise`` per run (standard deviation of the context's
    labels). ``alpha`` is the weight of the line; a row of NaN has a random weight per prompt.
    """
    (data,) = inputs.datasets.values()
    examples = tuple(int(n) for n in inputs.params["examples"])
    parts, alphas = [], (*inputs.params["alphas"], np.nan)
    expect(len(inputs.runs) * len(alphas), "combinations")
    for name, noise in zip(inputs.runs, inputs.params["noise"], strict=True):
        result = inputs.runs[name]
        for alpha in alphas:
            y, target = combination(data, alpha, float(noise))
            found = predictions(result, data["x"], y, data["query_x"], examples)
            parts += [
                row(name, alpha, n, one, target, data)
                for n, one in zip(examples, found, strict=True)
            ]
            done()
    return pd.DataFrame(parts)


def estimators(inputs: Inputs) -> pd.DataFrame:
    """The same columns as ``networks`` for predictors that learn nothing, on fewer prompts.

    ``model``: bayes (exact for lines and sines, its labels' noise being param ``noise``),
    bayes_noisy (noise of .1, on noisy labels, for some alphas), composite (line and sine fitted at
    once), gp (squared exponential), tanh (a network fitted to each of 100 prompts of the even
    combination) and nearest (the line or sine of the training classes that is nearest to the
    function itself; no n). Also ``p_line``, the mean posterior probability of the class of lines.
    Params: ``alphas``, ``examples``, ``prompts``, ``noise``, ``tanh_steps``.
    """
    (data,) = inputs.datasets.values()
    data = {name: values[: int(inputs.params["prompts"])] for name, values in data.items()}
    parts = []
    for alpha in counted((*inputs.params["alphas"], np.nan), "combinations"):
        y, target = combination(data, alpha, 0.0)
        parts.append(_nearest(data, alpha, target))
        for n in (int(n) for n in inputs.params["examples"]):
            x, q = data["x"][:, :n], data["query_x"]
            exact = {"bayes": (y, float(inputs.params["noise"]))}
            if alpha in COUNTER or np.isnan(alpha):
                exact["bayes_noisy"] = combination(data, alpha, 0.1)[0], 0.1
            for model, (labels, noise) in exact.items():
                mean, p_line = bayes(x, labels[:, :n], q, noise)
                parts.append(row(model, alpha, n, mean, target, data) | {"p_line": p_line})
            fits = {
                "composite": curves.line_and_sine(x, y[:, :n], q, FREQUENCIES),
                "gp": squared_exponential(x, y[:, :n], q),
            }
            parts += [row(model, alpha, n, fit, target, data) for model, fit in fits.items()]
            if alpha == EVEN:
                parts.append(_tanh(data, n, int(inputs.params["tanh_steps"])))
    return pd.DataFrame(parts)


def combination(data: Prompts, alpha: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels [prompt, pair] and noise-free targets [prompt, query].

    An ``alpha`` of NaN stands for each prompt's own.
    """
    a = data["alpha"][:, None] if np.isnan(alpha) else alpha
    y = a * data["f_lin"] + (1 - a) * data["f_sin"] + noise * data["noise"]
    return y, a * data["query_f_lin"] + (1 - a) * data["query_f_sin"]


def predictions(
    result: RunResult, x: np.ndarray, y: np.ndarray, query_x: np.ndarray, examples: tuple[int, ...]
) -> np.ndarray:
    """Those of the run's first member, [n, prompt, query]."""
    return at_queries(result.spec, result.params[0], x, y, query_x, examples)


def bayes(
    x: np.ndarray, y: np.ndarray, query_x: np.ndarray, noise: float
) -> tuple[np.ndarray, float]:
    """Exact posterior mean [prompt, query] under lines and sines, and the mean P(line)."""
    classes = {
        "line": curve_bayes.line_class(x, y, query_x, noise),
        "sine": curve_bayes.sine_class(
            x,
            y,
            query_x,
            noise,
            curve_bayes.midpoints(*FREQUENCIES, GRID[0]),
            curve_bayes.midpoints(0.0, 2 * np.pi, GRID[1]),
        ),
    }
    priors = {"line": 0.5, "sine": 0.5}
    shares = class_average.class_probabilities(classes, priors)
    return class_average.average(classes, priors), float(shares["line"].mean())


def row(
    model: str, alpha: float, n: float, found: np.ndarray, target: np.ndarray, data: Prompts
) -> dict[str, object]:
    """``mse`` with its band, ``nmse`` (over the variance of f over draws and queries), blends.

    ``c_lin`` and ``c_sin``: medians over prompts of the coefficients in the predicted curve, with
    their quartiles ``_q1`` and ``_q3``; the truth is (alpha, 1 - alpha).
    """
    squared = ((found - target) ** 2).mean(axis=1)
    mse, low, high = band(means(squared))
    coefficients = blend(found, data["query_f_lin"], data["query_f_sin"])
    quartiles = np.nanquantile(coefficients, (0.25, 0.5, 0.75), axis=0)
    values: dict[str, object] = {
        "model": model,
        "alpha": alpha,
        "n": n,
        "mse": float(mse),
        "low": float(low),
        "high": float(high),
        "median": float(np.median(squared)),
        "variance": float(np.var(target)),
        "nmse": float(mse / np.var(target)),
    }
    for place, name in enumerate(("c_lin", "c_sin")):
        for end, value in zip(("_q1", "", "_q3"), quartiles[:, place], strict=True):
            values[name + end] = float(value)
    return values


def _tanh(data: Prompts, n: int, steps: int) -> dict[str, object]:
    """A network fitted to each prompt of the even combination; it is by far the slowest."""
    few = {name: values[:100] for name, values in data.items()}
    y, target = combination(few, EVEN, 0.0)
    found = tanh_network(few["x"][:, :n], y[:, :n], few["query_x"], steps=steps)
    return row("tanh", EVEN, n, found, target, few)


def _nearest(data: Prompts, alpha: float, target: np.ndarray) -> dict[str, object]:
    """The better of the nearest line and the nearest sine, fitted to f on the whole grid."""
    a = data["alpha"][:, None] if np.isnan(alpha) else alpha
    x, f = data["grid_x"], a * data["grid_f_lin"] + (1 - a) * data["grid_f_sin"]
    fits = [curves.line(x, f, x), curves.sine(x, f, x, FREQUENCIES)]
    errors = np.stack([((fit - f) ** 2).mean(axis=1) for fit in fits])
    better = np.where((errors[0] <= errors[1])[:, None], *fits)
    grid = {"query_f_lin": data["grid_f_lin"], "query_f_sin": data["grid_f_sin"]}
    return row("nearest", alpha, np.nan, better, f, grid)

"""Lines, sines and their combinations: errors after n examples (Figures 4 and 5, control)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from papers.yadlowsky2023.spec import FunctionMixture, Law
from papers.yadlowsky2023.tables import counter
from papers.yadlowsky2023.tables.networks import at_queries
from papers.yadlowsky2023.tables.resampling import rank_correlation
from papers.yadlowsky2023.theory import class_average, curve_bayes, curves
from papers.yadlowsky2023.theory.blends import blend
from papers.yadlowsky2023.theory.fitted_networks import tanh_network
from papers.yadlowsky2023.theory.gaussian_process import squared_exponential
from reprise.results import Inputs, RunResult, finished
from reprise.stats.intervals import frame, means
from reprise.training.progress import counted, done, expect

Prompts = Mapping[str, np.ndarray]
Measured = dict[str, Any]
"""Quantity -> resampled values, or one number."""
Errors = dict[tuple[float, float], Measured]
"""Weight of the line and number of examples -> what was measured."""

FREQUENCIES = (1.0, 5.0)
"""Training range of the sines, radians per unit of x."""
UNIFORM = Law(uniform=FREQUENCIES)
LINE, SINE, EVEN = 1.0, 0.0, 0.5
"""Weights of the line in Figure 4 a, b, c."""
NEAR_ENDS = (0.05, 0.95)
MIDDLE = (0.3, 0.7)
RANDOM = np.nan
"""Stands for a weight of its own for every prompt."""
COUNTER = (LINE, SINE, EVEN, RANDOM)
"""Weights of the line that the counter-replication reads."""
GRID = (161, 64)
"""Frequencies and phases over which the exact posterior of a sine is summed."""


class Places(NamedTuple):
    """Numbers of examples at which Figures 4 and 5 are read, params of the tables."""

    read: int
    early: int
    """Figure 5's fall is read from here..."""
    late: int
    """... to here."""
    in_class_limit: float
    """The error in class, over the variance, up to which a network of this scale has learned."""

    @property
    def numbers(self) -> tuple[int, int, int]:
        """The three numbers of examples."""
        return self.read, self.early, self.late


def networks(inputs: Inputs) -> pd.DataFrame:
    """Errors of every network on combinations, and what the claims read from them.

    ``model`` (the run's name), ``seed``, ``alpha`` (the weight of the line; NaN: a random one per
    prompt), ``n``, ``quantity``, ``value``, ``low``, ``high``; quantities: see ``measured`` and,
    without alpha and n, ``quantities``. Intervals are over prompts, which all networks share.
    Labels of the context have the noise of the network's training. Params: ``alphas``,
    ``examples`` and those of ``Places``. Reads ``curve_estimators`` for the nearest single class.
    """
    (data,) = inputs.datasets.values()
    known = inputs.tables["curve_estimators"]
    nearest = known[(known["model"] == "nearest") & (known["quantity"] == "mse")]
    singles: dict[float, float] = dict(zip(nearest["alpha"], nearest["value"], strict=True))
    singles[RANDOM] = float(nearest.loc[nearest["alpha"].isna(), "value"].iloc[0])
    examples = tuple(int(n) for n in inputs.params["examples"])
    found: dict[tuple[object, ...], object] = {}
    alphas = (*inputs.params["alphas"], RANDOM)
    expect(sum(len(finished(r)) for r in inputs.runs.values()) * len(alphas), "combinations")
    for name, result in inputs.runs.items():
        task = result.spec.task
        assert isinstance(task, FunctionMixture)
        for member in finished(result):
            errors: Errors = {}
            for alpha in alphas:
                y, target = combination(data, alpha, task.noise)
                given = data["x"], y, data["query_x"], examples
                made = predictions(result, member, *given)
                errors |= {
                    (alpha, n): measured(one, target, data)
                    for n, one in zip(examples, made, strict=True)
                }
                done()
            seed = int(result.members.at[member, "seed"])
            for (alpha, n), values in errors.items():
                found |= {(name, seed, alpha, n, q): v for q, v in values.items()}
            read = quantities(errors, singles, _places(inputs))
            found |= {(name, seed, np.nan, np.nan, q): v for q, v in read.items()}
    return frame(found, ["model", "seed", "alpha", "n", "quantity"])


def estimators(inputs: Inputs) -> pd.DataFrame:
    """The same columns as ``networks`` for predictors that learn nothing, on fewer prompts.

    ``model``: bayes (exact for lines and sines, its labels' noise being param ``noise``),
    bayes_noisy (noise of 0.1, on noisy labels, for some alphas), composite (line and sine fitted at
    once), gp (squared exponential), tanh (a network fitted to each of 100 prompts of the even
    combination) and nearest (the line or sine of the training classes that is nearest to the
    function itself; no n). Further quantities: ``p_line``, the mean posterior probability of the
    class of lines, and for bayes those of ``quantities``. Params: ``alphas``, ``examples``,
    ``prompts``, ``noise``, ``tanh_steps``, and those of ``Places``.
    """
    (data,) = inputs.datasets.values()
    data = {name: values[: int(inputs.params["prompts"])] for name, values in data.items()}
    examples = [int(n) for n in inputs.params["examples"]]
    singles: dict[float, float] = {}
    by_model: dict[str, Errors] = {"nearest": {}}
    for alpha in counted((*inputs.params["alphas"], RANDOM), "combinations"):
        y, target = combination(data, alpha, 0.0)
        by_model["nearest"][alpha, np.nan] = single = _nearest(data, alpha)
        singles[alpha] = float(single["mse"][0])
        for n in examples:
            x, q = data["x"][:, :n], data["query_x"]
            exact = {"bayes": (y, float(inputs.params["noise"]))}
            if alpha in COUNTER:
                exact["bayes_noisy"] = combination(data, alpha, 0.1)[0], 0.1
            for model, (labels, noise) in exact.items():
                mean, p_line = bayes(x, labels[:, :n], q, noise)
                values = measured(mean, target, data) | {"p_line": p_line}
                by_model.setdefault(model, {})[alpha, n] = values
            fits = {
                "composite": curves.line_and_sine(x, y[:, :n], q, FREQUENCIES),
                "gp": squared_exponential(x, y[:, :n], q),
            }
            for model, fit in fits.items():
                by_model.setdefault(model, {})[alpha, n] = measured(fit, target, data)
            if alpha == EVEN:
                steps = int(inputs.params["tanh_steps"])
                by_model.setdefault("tanh", {})[alpha, n] = _tanh(data, n, steps)
    found: dict[tuple[object, ...], object] = {
        (model, np.nan, alpha, n, q): v
        for model, errors in by_model.items()
        for (alpha, n), values in errors.items()
        for q, v in values.items()
    }
    for model in ("bayes", "bayes_noisy"):
        read = quantities(by_model[model], singles, _places(inputs))
        found |= {(model, np.nan, np.nan, np.nan, q): v for q, v in read.items()}
    return frame(found, ["model", "seed", "alpha", "n", "quantity"])


def quantities(
    errors: Errors, singles: Mapping[float, float], where: Places
) -> dict[str, np.ndarray | float]:
    """What is read from a predictor's ``errors``; ``singles``: those of the nearest single class.

    Figures 4 and 5, where every weight of the line was evaluated: ``line_nmse``, ``sine_nmse``,
    ``combination_nmse`` (weight 0.5), ``combination_over_in_class``, ``middle_over_in_class`` (the
    smallest such ratio at weights from 0.3 to 0.7), ``near_ends_over_peak`` (weights 0.05 and
    0.95), ``peak_fall`` (the factor by which the largest error falls with every doubling of the
    examples from ``early`` to ``late``), ``rank_correlation`` with
    ``singles`` over weights; ``*_over_limit``: over ``in_class_limit``. Always: those of both
    verdicts of ``counter``, D on random weights from 20 examples on, S at weight 0.5 after 10.
    """
    at = {key: values["nmse"] for key, values in errors.items()}
    in_class = np.maximum(at[LINE, where.read], at[SINE, where.read])
    found: dict[str, np.ndarray | float] = {
        "line_nmse": at[LINE, where.read],
        "sine_nmse": at[SINE, where.read],
        "combination_nmse": at[EVEN, where.read],
        "combination_over_in_class": at[EVEN, where.read] / in_class,
        "line_over_limit": at[LINE, where.read] / where.in_class_limit,
        "sine_over_limit": at[SINE, where.read] / where.in_class_limit,
        "in_class_over_limit": in_class / where.in_class_limit,
    }
    weights = sorted({alpha for alpha, _ in errors if not np.isnan(alpha)})
    if len(weights) > len(COUNTER):
        found |= _along_weights(errors, weights, singles, where)
        middle = [at[a, where.read] for a in weights if MIDDLE[0] <= a <= MIDDLE[1]]
        found["middle_over_in_class"] = np.min(middle, axis=0) / in_class
    late = [n for alpha, n in errors if np.isnan(alpha) and n >= counter.MANY]
    pure = {n: np.maximum(at[LINE, n], at[SINE, n]) for n in late}
    random = {n: errors[RANDOM, n]["mse"] / singles[RANDOM] for n in late}
    found["in_class_nmse"] = np.max(list(pure.values()), axis=0)
    found |= counter.fails(
        np.min([at[RANDOM, n] / pure[n] for n in late], axis=0),
        np.min(list(random.values()), axis=0),
    )
    even = errors[EVEN, counter.EXAMPLES]
    below = even["mse"] / singles[EVEN]
    return found | counter.blends(even["c_lin"] / EVEN, even["c_sin"] / (1 - EVEN), below)


def _along_weights(
    errors: Errors, weights: list[float], singles: Mapping[float, float], where: Places
) -> dict[str, np.ndarray]:
    """The quantities of Figure 5, each [resample]."""
    mse = {n: np.stack([errors[a, n]["mse"] for a in weights]) for n in where.numbers}
    main = mse[where.read]
    peak = main.max(axis=0)
    near = [weights.index(a) for a in NEAR_ENDS]
    before, after = (mse[n].max(axis=0) for n in (where.early, where.late))
    doublings = np.log2(where.late / where.early)
    known = np.broadcast_to([[singles[a]] for a in weights], main.shape)
    return {
        "near_ends_over_peak": main[near].max(axis=0) / peak,
        "peak_fall": (before / after) ** (1 / doublings),
        "rank_correlation": rank_correlation(main, known),
    }


def combination(data: Prompts, alpha: float, noise: float) -> tuple[np.ndarray, np.ndarray]:
    """Labels [prompt, pair] and noise-free targets [prompt, query].

    An ``alpha`` of NaN stands for each prompt's own.
    """
    a = data["alpha"][:, None] if np.isnan(alpha) else alpha
    y = a * data["f_lin"] + (1 - a) * data["f_sin"] + noise * data["noise"]
    return y, a * data["query_f_lin"] + (1 - a) * data["query_f_sin"]


def predictions(
    result: RunResult,
    member: int,
    x: np.ndarray,
    y: np.ndarray,
    query_x: np.ndarray,
    examples: tuple[int, ...],
) -> np.ndarray:
    """Those of a member of the run, [n, prompt, query]."""
    return at_queries(result.spec, result.params[member], x, y, query_x, examples)


def bayes(
    x: np.ndarray, y: np.ndarray, query_x: np.ndarray, noise: float, law: Law = UNIFORM
) -> tuple[np.ndarray, float]:
    """Exact posterior mean [prompt, query] under lines and sines, and the mean P(line).

    ``law`` is that of the sines' frequencies: uniform or log-normal.
    """
    grid, prior = _frequency_grid(law)
    phases = curve_bayes.midpoints(0.0, 2 * np.pi, GRID[1])
    data = (x, y, query_x, noise)
    classes = {
        "line": curve_bayes.line_class(*data),
        "sine": curve_bayes.sine_class(*data, grid, phases, frequency_prior=prior),
    }
    priors = {"line": 0.5, "sine": 0.5}
    shares = class_average.class_probabilities(classes, priors)
    return class_average.average(classes, priors), float(shares["line"].mean())


def _frequency_grid(law: Law) -> tuple[np.ndarray, np.ndarray]:
    """Frequencies as fine as ``GRID`` over all that ``law`` gives, and their prior.

    A log-normal law ends five deviations out: what is rarer, no prompt asks.
    """
    if law.uniform is not None:
        grid = curve_bayes.midpoints(*law.uniform, GRID[0])
        return grid, np.ones(len(grid))
    assert law.lognormal is not None
    median, deviation = law.lognormal
    step = (FREQUENCIES[1] - FREQUENCIES[0]) / GRID[0]
    low, high = median * np.exp(np.array([-5, 5]) * deviation)
    grid = curve_bayes.midpoints(low, high, round((high - low) / step))
    return grid, np.exp(-0.5 * (np.log(grid / median) / deviation) ** 2) / grid


def measured(found: np.ndarray, target: np.ndarray, data: Prompts) -> Measured:
    """``mse`` and ``nmse`` (over the variance of f over draws and queries), each [resample].

    ``c_lin`` and ``c_sin``: medians over prompts of the coefficients of the prompt's line and sine
    in the predicted curve; the truth is (alpha, 1 - alpha).
    """
    mse = means(((found - target) ** 2).mean(axis=1))
    c_lin, c_sin = np.nanmedian(blend(found, data["query_f_lin"], data["query_f_sin"]), axis=0)
    return {"mse": mse, "nmse": mse / np.var(target), "c_lin": float(c_lin), "c_sin": float(c_sin)}


def _tanh(data: Prompts, n: int, steps: int) -> Measured:
    """A network fitted to each prompt of the even combination; it is by far the slowest."""
    few = {name: values[:100] for name, values in data.items()}
    y, target = combination(few, EVEN, 0.0)
    found = tanh_network(few["x"][:, :n], y[:, :n], few["query_x"], steps=steps)
    return measured(found, target, few)


def _nearest(data: Prompts, alpha: float) -> Measured:
    """The better of the nearest line and the nearest sine, fitted to f on the whole grid."""
    a = data["alpha"][:, None] if np.isnan(alpha) else alpha
    x, f = data["grid_x"], a * data["grid_f_lin"] + (1 - a) * data["grid_f_sin"]
    fits = [curves.line(x, f, x), curves.sine(x, f, x, FREQUENCIES)]
    errors = np.stack([((fit - f) ** 2).mean(axis=1) for fit in fits])
    better = np.where((errors[0] <= errors[1])[:, None], *fits)
    grid = {"query_f_lin": data["grid_f_lin"], "query_f_sin": data["grid_f_sin"]}
    return measured(better, f, grid)


def _places(inputs: Inputs) -> Places:
    read, early, late = (int(inputs.params[name]) for name in ("read", "early", "late"))
    return Places(read, early, late, float(inputs.params["in_class_limit"]))

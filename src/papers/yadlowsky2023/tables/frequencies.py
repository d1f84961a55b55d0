"""Sines inside and outside the training range of frequencies (Figure 6, and the tail test)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from papers.yadlowsky2023.spec import FunctionMixture, Sine
from papers.yadlowsky2023.tables import curves
from papers.yadlowsky2023.tables.networks import at_queries
from papers.yadlowsky2023.tables.resampling import rank_correlation
from reprise.results import Inputs, finished
from reprise.stats.intervals import frame, means

ABOVE, BELOW = 1.4, 0.5
"""Frequencies count as too high from the top of the range times this, as too low likewise."""

Errors = Mapping[float, Mapping[str, Any]]
"""Frequency -> ``mse`` and ``nmse``, each [resample]."""
COLUMNS = ["model", "seed", "frequency", "n", "quantity"]


def errors(inputs: Inputs) -> pd.DataFrame:
    """Errors on sines of one frequency, and what the claims on Figure 6 read from them.

    ``model`` (network, bayes), ``seed``, ``frequency``, ``n``, ``quantity`` (mse, and nmse over the
    variance), ``value``, ``low``, ``high`` over prompts; without frequency and n: see
    ``quantities``, and ``low_over_bayes``, the network's error at half the lowest training
    frequency over that of exact Bayes. Exact Bayes (lines and sines, noise as in param ``noise``)
    is asked the first ``prompts`` prompts. Params: ``examples``; what claims read: after ``read``
    examples, at ``read_at`` (frequencies; others are only drawn), the ``low`` and ``high`` end of
    the training range. Takes one run.
    """
    (data,) = inputs.datasets.values()
    found, exact = _networks(inputs, data), _bayes(inputs, data)
    read = int(inputs.params["read"])
    ends = float(inputs.params["low"]), float(inputs.params["high"])
    places = [float(frequency) for frequency in inputs.params["read_at"]]
    known = quantities({f: exact[read][f] for f in places}, *ends)
    rows: dict[tuple[object, ...], object] = _rows("bayes", np.nan, exact)
    rows |= {("bayes", np.nan, np.nan, np.nan, q): v for q, v in known.items()}
    half = BELOW * ends[0]
    for seed, by_n in found.items():
        own = quantities({f: by_n[read][f] for f in places}, *ends)
        # Exact Bayes is asked fewer prompts, whose resamples are independent of the network's.
        own["low_over_bayes"] = by_n[read][half]["mse"] / exact[read][half]["mse"]
        rows |= _rows("network", seed, by_n)
        rows |= {("network", seed, np.nan, np.nan, q): v for q, v in own.items()}
    return frame(rows, COLUMNS)


def tail(inputs: Inputs) -> pd.DataFrame:
    """As ``errors``, of networks trained on a law with tails, and of exact Bayes for that law.

    Quantities over all frequencies: ``tail_over_median``, the larger error of the 1st and the 99th
    percentile of the law over that of its median; ``beyond_tail_over_tail``, the error at the
    highest frequency over that of the 99th percentile; ``median_nmse`` says whether the law was
    learned. Params: ``examples``, ``read``, ``prompts`` and ``noise`` as in ``errors``;
    ``percentile_1``, ``median`` and ``percentile_99``.
    """
    (data,) = inputs.datasets.values()
    rows: dict[tuple[object, ...], object] = {}
    places = ("percentile_1", "median", "percentile_99")
    first, median, last = (float(inputs.params[name]) for name in places)
    predictors: list[tuple[str, float, Any]] = [("bayes", np.nan, _bayes(inputs, data))]
    predictors += [("network", seed, by_n) for seed, by_n in _networks(inputs, data).items()]
    for model, seed, by_n in predictors:
        read = by_n[int(inputs.params["read"])]
        mse = {f: values["mse"] for f, values in read.items()}
        own = {
            "median_nmse": read[median]["nmse"],
            "tail_over_median": np.maximum(mse[first], mse[last]) / mse[median],
            "beyond_tail_over_tail": mse[max(mse)] / mse[last],
        }
        rows |= _rows(model, seed, by_n)
        rows |= {(model, seed, np.nan, np.nan, q): v for q, v in own.items()}
    return frame(rows, COLUMNS)


def quantities(errors: Errors, low: float, high: float) -> dict[str, Any]:
    """What Figure 6 claims, each [resample].

    ``in_range_nmse``: the mean over the frequencies from ``low`` to ``high``. ``above_nmse``: the
    least from 1.4 times ``high`` on. ``below_over_in_range``: the least error at half of ``low`` or
    less over the mean error in range. ``outward_rank``: how the error rises with the distance from
    the range, the smaller of both sides' rank correlations.
    """
    mse = {f: values["mse"] for f, values in errors.items()}
    nmse = {f: values["nmse"] for f, values in errors.items()}
    inside = [f for f in errors if low <= f <= high]
    below = [f for f in errors if f <= BELOW * low]
    in_range = np.mean([mse[f] for f in inside], axis=0)
    sides = [[f for f in errors if f >= high], [f for f in errors if f <= low][::-1]]
    return {
        "in_range_nmse": np.mean([nmse[f] for f in inside], axis=0),
        "above_nmse": np.min([nmse[f] for f in errors if f >= ABOVE * high], axis=0),
        "below_over_in_range": np.min([mse[f] for f in below], axis=0) / in_range,
        "outward_rank": np.min(
            [_rises(np.stack([mse[f] for f in side])) for side in sides], axis=0
        ),
    }


def _rises(side: np.ndarray) -> np.ndarray:
    """Rank correlation of the errors [place, resample] with their place."""
    return rank_correlation(side, np.broadcast_to(np.arange(len(side))[:, None], side.shape))


def _networks(
    inputs: Inputs, data: Mapping[str, np.ndarray]
) -> dict[int, dict[int, dict[float, dict[str, np.ndarray]]]]:
    """Errors of the run's networks, by seed, n and frequency."""
    (result,) = inputs.runs.values()
    examples = tuple(int(n) for n in inputs.params["examples"])
    x, q = data["x"], data["query_x"]
    found: dict[int, Any] = {}
    for member in finished(result):
        by_n: dict[int, Any] = {n: {} for n in examples}
        prompts = zip(data["frequency"], data["y"], data["query_y"], strict=True)
        for frequency, y, target in prompts:
            made = at_queries(result.spec, result.params[member], x, y, q, examples)
            for n, one in zip(examples, made, strict=True):
                by_n[n][float(frequency)] = _errors(one, target)
        found[int(result.members.at[member, "seed"])] = by_n
    return found


def _bayes(
    inputs: Inputs, data: Mapping[str, np.ndarray]
) -> dict[int, dict[float, dict[str, np.ndarray]]]:
    """Errors of exact Bayes for the run's classes on the first prompts, by n and frequency."""
    (result,) = inputs.runs.values()
    assert isinstance(result.spec.task, FunctionMixture)
    sine = result.spec.task.classes["sine"]
    assert isinstance(sine, Sine)
    noise, few = float(inputs.params["noise"]), int(inputs.params["prompts"])
    x, q = data["x"][:few], data["query_x"][:few]
    found: dict[int, Any] = {}
    for n in (int(n) for n in inputs.params["examples"]):
        found[n] = {}
        prompts = zip(data["frequency"], data["y"], data["query_y"], strict=True)
        for frequency, y, target in prompts:
            made, _ = curves.bayes(x[:, :n], y[:few, :n], q, noise, sine.frequency)
            found[n][float(frequency)] = _errors(made, target[:few])
    return found


def _errors(found: np.ndarray, target: np.ndarray) -> dict[str, np.ndarray]:
    mse = means(((found - target) ** 2).mean(axis=1))
    return {"mse": mse, "nmse": mse / np.var(target)}


def _rows(model: str, seed: float, by_n: Mapping[int, Errors]) -> dict[tuple[object, ...], object]:
    return {
        (model, seed, frequency, n, quantity): values
        for n, errors in by_n.items()
        for frequency, of in errors.items()
        for quantity, values in of.items()
    }

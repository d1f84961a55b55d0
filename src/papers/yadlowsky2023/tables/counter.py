"""Both verdicts side by side: does the network fail on combinations, does it blend them?"""

import numpy as np
import pandas as pd

from reprise.results import Inputs

SLOPE, EXAMPLES, AMPLITUDE = 0.23, 10, 0.2
"""The plotted example of the counter-replication: 2024 version of Müller et al."""
MANY = 20
"""Verdict D is on so many examples or more."""
OVER_IN_CLASS, OVER_SINGLE = 5.0, 0.7
SHARE, BELOW_SINGLE = 0.25, 0.8
"""Thresholds of the two verdicts, set beforehand."""
LEARNED = 0.05
"""Error in class, over the variance, below which a network has learned its classes."""

COLUMNS = ["network", "predictor", "verdict", "quantity", "value", "threshold", "met"]


def verdicts(inputs: Inputs) -> pd.DataFrame:
    """For every network and for exact Bayes of its classes, each quantity of both verdicts.

    D: the error on random combinations is ``over_in_class`` (at least 5) times that in class and
    ``over_single`` (at least .7) times that of the nearest single class, smallest over n >= 20.
    S: with slope .23 and ten equispaced points ``line_share`` and ``sine_share`` of the truth
    exceed .25 and the error is ``below_single`` (less than .8) of the nearest class's. ``holds``
    is 1 where all of a verdict's quantities are met; ``in_class_nmse``, the largest error in class
    over the variance, says whether the network has learned (.05 or less). Params: the runs' names
    ``mixture`` and ``noisy``, whose combinations are convex, at weight .5 for S.
    """
    sums, draws = inputs.tables["sum_sweep"], inputs.tables["sum_draws"]
    both = pd.concat(
        [inputs.tables["curve_networks"], inputs.tables["curve_estimators"]], ignore_index=True
    )
    rows = []
    trained = [name for name in draws["model"].unique() if name != "bayes"]
    for name in trained:
        for predictor, model in (("network", name), ("bayes", "bayes")):
            rows += _rows(name, predictor, "D", _sums_fail(draws, model))
            rows += _rows(name, predictor, "S", _sums_blend(sums, model))
    for run, exact in (("mixture", "bayes"), ("noisy", "bayes_noisy")):
        label = "causal, convex" + (", noisy" if run == "noisy" else "")
        for predictor, model in (("network", str(inputs.params[run])), ("bayes", exact)):
            rows += _rows(label, predictor, "D", _convex_fail(both, model))
            rows += _rows(label, predictor, "S", _convex_blend(both, model))
    return pd.DataFrame(rows, columns=COLUMNS)


def _sums_fail(draws: pd.DataFrame, model: str) -> dict[str, float]:
    own = draws[(draws["model"] == model) & (draws["n"] >= MANY)]
    by = own.set_index(["n", "kind"])
    ratios, singles = [], []
    for n in own["n"].unique():
        in_class = max(by.loc[(n, "line"), "nmse"], by.loc[(n, "sine"), "nmse"])
        ratios.append(by.loc[(n, "sum"), "nmse"] / in_class)
        singles.append(by.loc[(n, "sum"), "mse"] / by.loc[(n, "sum"), "single"])
    found = {"over_in_class": _least(ratios), "over_single": _least(singles)}
    return found | {"in_class_nmse": float(own[own["kind"] != "sum"]["nmse"].max())}


def _sums_blend(sums: pd.DataFrame, model: str) -> dict[str, float]:
    chosen = (sums["model"] == model) & (sums["kind"] == "equispaced") & (sums["n"] == EXAMPLES)
    row = sums[chosen & np.isclose(sums["slope"], SLOPE)].iloc[0]
    return {
        "line_share": float(row["c_lin"] / SLOPE),
        "sine_share": float(row["c_sin"] / AMPLITUDE),
        "below_single": float(row["mse"] / row["single"]),
    }


def _convex_fail(both: pd.DataFrame, model: str) -> dict[str, float]:
    own = both[(both["model"] == model) & (both["n"] >= MANY)]
    single = both[(both["model"] == "nearest") & both["alpha"].isna()]["mse"].iloc[0]
    random = own[own["alpha"].isna()].set_index("n")
    pure = own[own["alpha"].isin([0.0, 1.0])].groupby("n")["nmse"].max()
    return {
        "over_in_class": float((random["nmse"] / pure).min()),
        "over_single": float(random["mse"].min() / single),
        "in_class_nmse": float(pure.max()),
    }


def _convex_blend(both: pd.DataFrame, model: str) -> dict[str, float]:
    even = both[both["alpha"] == 0.5]
    row = even[(even["model"] == model) & (even["n"] == EXAMPLES)].iloc[0]
    single = even[even["model"] == "nearest"]["mse"].iloc[0]
    return {
        "line_share": float(row["c_lin"] / 0.5),
        "sine_share": float(row["c_sin"] / 0.5),
        "below_single": float(row["mse"] / single),
    }


def _rows(
    network: str, predictor: str, verdict: str, found: dict[str, float]
) -> list[tuple[object, ...]]:
    bounds = {
        "over_in_class": OVER_IN_CLASS,
        "over_single": OVER_SINGLE,
        "line_share": SHARE,
        "sine_share": SHARE,
        "below_single": BELOW_SINGLE,
    }
    rows: list[tuple[object, ...]] = []
    learned = found.pop("in_class_nmse", None)
    for quantity, value in found.items():
        bound = bounds[quantity]
        if quantity == "below_single":
            met = value < bound
        elif verdict == "S":
            met = value > bound
        else:
            met = value >= bound
        rows.append((network, predictor, verdict, quantity, value, bound, met))
    holds = all(bool(row[-1]) for row in rows)
    rows.append((network, predictor, verdict, "holds", float(holds), 1.0, holds))
    if learned is not None:
        known = learned <= LEARNED
        rows.append((network, predictor, verdict, "in_class_nmse", learned, LEARNED, known))
    return rows


def _least(values: list[float]) -> float:
    return float(min(values)) if values else float("nan")

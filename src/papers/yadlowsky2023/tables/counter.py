"""Both verdicts side by side: does the network fail on combinations, does it blend them?

Verdict D (the paper): on random combinations the error, over the variance, is at least 5 times that
in class, and at least 0.7 of the error of the nearest single class, from 20 examples on. Verdict S
(the counter-replication): on one plotted combination both components are predicted with a quarter
of their size or more, and the error is at most 0.8 of that of the nearest single class.
"""

from typing import Any

import numpy as np
import pandas as pd

from reprise.results import Inputs

SLOPE, EXAMPLES, AMPLITUDE = 0.23, 10, 0.2
"""The plotted example of the counter-replication: 2024 version of Müller et al."""
PLACES = {
    "S": (SLOPE, EXAMPLES),
    "S, slope 0.4": (0.4, EXAMPLES),
    "S, 40 examples": (SLOPE, 40),
}
"""Slope and number of examples; 20 examples where a network has room for no more. At the second and
third, exact Bayes chooses one class and blends nothing."""
MANY = 20
"""Verdict D is on so many examples or more."""
BOUNDS = {
    "over_in_class": 5.0,
    "over_single": 0.7,
    "line_share": 0.25,
    "sine_share": 0.25,
    "below_single": 0.8,
}
"""Quantity -> its bound: a least value, but for ``below_single`` a largest one."""

OF_D = ("D", "over_in_class", "over_single", "in_class_nmse")

Resampled = Any
"""An array [resample] or a number."""


def fails(over_in_class: Resampled, over_single: Resampled) -> dict[str, Resampled]:
    """The quantities of verdict D and ``D``, the smaller one over its bound: 1 or more is met."""
    found = {"over_in_class": over_in_class, "over_single": over_single}
    return found | {"D": _margin(found)}


def blends(
    line_share: Resampled, sine_share: Resampled, below_single: Resampled
) -> dict[str, Resampled]:
    """The quantities of verdict S and ``S``, the smallest margin: 1 or more is met."""
    shares = {"line_share": line_share, "sine_share": sine_share}
    margin = np.minimum(_margin(shares), BOUNDS["below_single"] / below_single)
    return shares | {"below_single": below_single, "S": margin}


def verdicts(inputs: Inputs) -> pd.DataFrame:
    """Every quantity of both verdicts, for each network and for exact Bayes of its classes.

    ``network``, ``predictor`` (network, bayes), ``seed``, ``verdict``, ``quantity``, ``value``,
    ``low``, ``high`` (over prompts; none for the one plotted context of S); ``threshold`` and
    ``met`` where there is a bound. ``verdict``: D, S, and S at two places where exact Bayes does
    not blend, ``PLACES``. The quantities ``D`` and ``S`` are those of ``fails`` and ``blends``;
    ``in_class_nmse``, the largest error in class over the variance, says whether a network has
    learned. Params: ``convex``, the runs of networks of Figures 4 to 6, whose combinations are
    convex and are read at weight 0.5 for S.
    """
    draws, sweep = inputs.tables["sum_draws"], inputs.tables["sum_sweep"]
    curves = pd.concat([inputs.tables[name] for name in ("curve_networks", "curve_estimators")])
    of_sums = pd.concat([draws.assign(verdict="D"), _of_places(sweep)])
    of_curves = curves.assign(verdict=np.where(curves["quantity"].isin(OF_D), "D", "S"))
    asked = [(name, of_sums, name, "bayes") for name in sweep["model"].unique() if name != "bayes"]
    for run in inputs.params["convex"]:
        noisy = ", noisy" if run.endswith("noise") else ""
        asked.append(
            (f"causal, convex{noisy}", of_curves, run, "bayes_noisy" if noisy else "bayes")
        )
    parts = [
        rows[rows["model"] == model].assign(network=network, predictor=predictor)
        for network, rows, own, exact in asked
        for predictor, model in (("network", own), ("bayes", exact))
    ]
    found = pd.concat(parts, ignore_index=True)
    found = found[found["quantity"].isin([*OF_D, *BOUNDS, "S"])].reset_index(drop=True)
    found["threshold"] = found["quantity"].map(BOUNDS | {"D": 1.0, "S": 1.0})
    value, bound = found["value"], found["threshold"]
    found["met"] = np.where(found["quantity"] == "below_single", value <= bound, value >= bound)
    columns = "network predictor seed verdict quantity value low high threshold met"
    return found[columns.split()]


def _of_places(sweep: pd.DataFrame) -> pd.DataFrame:
    """The quantities of verdict S at every place, from the one equispaced context there."""
    rows = []
    for (model, seed), own in sweep[sweep["kind"] == "equispaced"].groupby(
        ["model", "seed"], dropna=False, sort=False
    ):
        for verdict, (slope, n) in PLACES.items():
            at = own[np.isclose(own["slope"], slope) & (own["n"] <= n)]
            row = at.loc[at["n"].idxmax()]
            shares = row["c_lin"] / slope, row["c_sin"] / AMPLITUDE, row["mse"] / row["single"]
            rows += [(model, seed, verdict, q, float(v)) for q, v in blends(*shares).items()]
    return pd.DataFrame(rows, columns=["model", "seed", "verdict", "quantity", "value"])


def _margin(found: dict[str, Resampled]) -> Resampled:
    over = [np.asarray(values) / BOUNDS[name] for name, values in found.items()]
    return np.min(np.broadcast_arrays(*over), axis=0)

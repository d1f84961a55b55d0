"""What the claims on linear networks are judged by: losses on shared sequences (Figs 4, 11, 12).

Bands are of a bootstrap over sequences that all networks and controls share.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from papers.vonoswald2023.tables.linear_learning_curves import final_losses
from papers.vonoswald2023.tables.linear_positions import all_losses, split
from reprise.results import Inputs
from reprise.stats.resampling import means, summary_frame

Curve = np.ndarray
"""Mean losses [resample, token], the first row that of all sequences."""

Found = dict[str, dict[str, Any]]
EARLY = 1000
"""The mesa-layer has reached its loss by this step."""


def orthogonal(inputs: Inputs) -> pd.DataFrame:
    """``source`` (a run or what it is compressed to), ``quantity``, ``value``, ``low``, ``high``.

    Params: those of ``positions``; ``one``, ``deep`` and ``mesa`` name runs, ``depths`` the runs by
    their number of layers; ``tolerances`` are the relative gaps of ``deep`` to the control of
    Proposition 2, lagged and not, that count as equal at this scale.
    """
    (data,), params = inputs.datasets.values(), inputs.params
    curves = {name: means(found) for name, found in all_losses(inputs).items()}
    one, deep, mesa = (str(params[name]) for name in ("one", "deep", "mesa"))
    least = {"least_squares": {"over_best_network": _over_best(curves, "least_squares", inputs)}}
    found = _losses(curves) | {"depth": depth(curves, params["depths"])}
    found = _merged(found, {one: one_step(curves[one], curves["gd1"])}, least)
    found = _merged(found, {deep: iterations(curves, deep, params["tolerances"])})
    found[deep]["over_one_layer"] = _ratio(curves[deep], curves[one])
    found[mesa]["over_one_layer"] = _ratio(curves[mesa], curves[one])
    found[mesa]["over_deep"] = _ratio(curves[mesa], curves[deep])
    for name in (one, deep):
        made = final_losses(inputs.runs[name], *split(data))
        for part, losses in made.items():
            ratio = _ratio(means(losses), curves[name])
            found[f"{name} {part}"] = {"over_network": ratio, "gap": np.abs(ratio - 1)}
    return summary_frame(_merged(found, along(inputs.tables, one, mesa)))


def contracting(inputs: Inputs) -> pd.DataFrame:
    """The same columns for contracting dynamics; ``depths`` up to the depth that should help."""
    curves = {name: means(found) for name, found in all_losses(inputs).items()}
    one, mesa = str(inputs.params["one"]), str(inputs.params["mesa"])
    others = [name for name in (*inputs.runs, "pr2_lagged") if name != mesa]
    found = _losses(curves) | {"depth": depth(curves, inputs.params["depths"])}
    found = _merged(found, {one: one_step(curves[one], curves["gd1"])})
    best = np.min([curves[name].mean(axis=1) for name in others], axis=0)
    found[mesa]["over_best_other"] = curves[mesa].mean(axis=1) / best
    for name in inputs.runs:
        found[name]["over_pr2_lagged"] = _ratio(curves[name], curves["pr2_lagged"])
    return summary_frame(found)


def fixed(inputs: Inputs) -> pd.DataFrame:
    """The same columns for one system that all sequences share."""
    curves = {name: means(found) for name, found in all_losses(inputs).items()}
    one, runs = str(inputs.params["one"]), list(inputs.runs)
    found = _merged(_losses(curves), {one: one_step(curves[one], curves["gd1"])})
    worst = np.max([_ratio(curves[name], curves["pr2_lagged"]) for name in runs], axis=0)
    first = np.max([curves[name][:, 0] for name in runs], axis=0)
    found["networks"] = {"over_pr2_lagged": worst, "first_loss": first}
    return summary_frame(found)


def one_step(network: Curve, step: Curve) -> dict[str, np.ndarray]:
    """How near a network of one layer is to one gradient step.

    ``over_gd1`` of mean losses and its distance from 1, ``gd_gap``; ``gd_distance``, the largest
    difference at any t; ``least_at``, t of the network's least loss, and ``rise``, by which share
    of it the loss rises until the end.
    """
    ratio = _ratio(network, step)
    least = network.min(axis=1)
    return {
        "over_gd1": ratio,
        "gd_gap": np.abs(ratio - 1),
        "gd_distance": np.abs(network - step).max(axis=1),
        "least_at": 1.0 + network.argmin(axis=1),
        "rise": network[:, -1] / least - 1,
    }


def iterations(
    curves: Mapping[str, Curve], deep: str, tolerances: Sequence[Any]
) -> dict[str, np.ndarray]:
    """A deep network beside the control of Proposition 2: ratios, and the gap in tolerances.

    ``pr2_tolerances`` is the smaller one of the lagged control, as published, and the other.
    """
    lagged, now = (_ratio(curves[deep], curves[name]) for name in ("pr2_lagged", "pr2"))
    gaps = [abs(r - 1) / float(tol) for r, tol in zip((lagged, now), tolerances, strict=True)]
    return {"over_pr2_lagged": lagged, "over_pr2": now, "pr2_tolerances": np.minimum(*gaps)}


def depth(curves: Mapping[str, Curve], names: Sequence[Any]) -> dict[str, np.ndarray]:
    """``largest_ratio`` of a network's mean loss to that of the next shallower one."""
    losses = np.array([curves[str(name)].mean(axis=1) for name in names])
    return {"largest_ratio": (losses[1:] / losses[:-1]).max(axis=0)}


def along(tables: Mapping[str, pd.DataFrame], one: str, mesa: str) -> Found:
    """From the table of courses: where the interpolation starts, and how soon the mesa-layer fell.

    Means over members; ``start_over_network`` is at the first snapshot, ``early_loss`` the least
    until step 1,000.
    """
    (table,) = tables.values()
    own = table[table["source"] == "ours"]
    by = own.pivot_table(index="model", columns="step", values="loss", aggfunc="mean")
    by = by.reindex(["interpolation", one, mesa])
    first, early = by.columns.min(), by.columns[by.columns <= EARLY]
    start = by.loc["interpolation", first] / by.loc[one, first]
    return {
        f"{one} interpolation": {"start_over_network": float(start)},
        mesa: {"early_loss": float(by.loc[mesa, early].min())},
    }


def _losses(curves: Mapping[str, Curve]) -> Found:
    return {name: {"loss": curve.mean(axis=1)} for name, curve in curves.items()}


def _ratio(curve: Curve, other: Curve) -> np.ndarray:
    return np.asarray(curve.mean(axis=1) / other.mean(axis=1))


def _over_best(curves: Mapping[str, Curve], name: str, inputs: Inputs) -> np.ndarray:
    best = np.min([curves[run].mean(axis=1) for run in inputs.runs], axis=0)
    return np.asarray(curves[name].mean(axis=1) / best)


def _merged(*parts: Found) -> Found:
    found: Found = {}
    for part in parts:
        for source, quantities in part.items():
            found[source] = found.get(source, {}) | quantities
    return found

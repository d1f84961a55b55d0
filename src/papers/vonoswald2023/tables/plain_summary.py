"""What the claims on Figures 6C and 7 are judged by, and whether networks learned their task.

Losses are compared position by position on the same sequences. Params: ``late`` (first t of Figure
7's comparisons) and ``settled`` (first t of the ratios of Figures 6C and 7C).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float

from papers.vonoswald2023.tables import plain_losses
from papers.vonoswald2023.tables.plain_controls import Losses
from reprise.results import Inputs
from reprise.stats.resampling import means, summary_frame

Resampled = Float[np.ndarray, "resample ..."]
Curves = Mapping[str, Resampled]
Quantities = dict[str, dict[str, Resampled]]


def fully(inputs: Inputs) -> pd.DataFrame:
    """``source`` (a model), ``quantity``, ``value``, ``low``, ``high``: Figures 6C and 7A."""
    curves = resampled(plain_losses.fully(inputs))
    late, settled = (int(inputs.params[name]) for name in ("late", "settled"))
    found = mean_losses(curves)
    pairs = {"softmax7": ("control7", "control3"), "softmax3": ("control3", "control7")}
    for name, (own, other) in pairs.items():
        if name in curves:
            found[name] |= {
                "gap_to_control": np.abs(_gap(curves, name, f"{own}_lagged")),
                "gap_to_unlagged": np.abs(_gap(curves, name, f"{own}_unlagged")),
                "gap_own_over_other": np.abs(_difference(curves, name, f"{own}_lagged"))
                / np.abs(_difference(curves, name, f"{other}_lagged")),
            }
    if "softmax7" in curves:
        ratio = _ratio(curves, "softmax7", "control7_lagged")
        found["softmax7"] |= {
            "settled_ratio_min": ratio[:, settled - 1 :].min(axis=1),
            "settled_ratio_max": ratio[:, settled - 1 :].max(axis=1),
            "late_gap_max": np.abs(ratio[:, late - 1 :] - 1).max(axis=1),
        }
    _ordered(found, curves, "hybrid", "softmax7", late)
    _gates(
        found,
        curves,
        {
            "softmax7": "control7_lagged",
            "softmax3": "control3_lagged",
            "hybrid": "least_squares_lagged",
            "full_mesa": "gradient_step",
            "released_mesa": "gradient_step",
        },
    )
    return summary_frame(found)


def partial(inputs: Inputs) -> pd.DataFrame:
    """The same for Figure 7B; ratios ``.._over_network_last`` are at t = T."""
    curves = resampled(plain_losses.partial(inputs, all_controls=False))
    late = int(inputs.params["late"])
    found = mean_losses(curves)
    _ordered(found, curves, "partial_hybrid", "partial_softmax", late)
    _ordered(found, curves, "partial_softmax", "control_linear_lagged", late)
    if "partial_softmax" in curves:
        for kind in [k for k in ("linear", "stacked") if f"control_{k}_lagged" in curves]:
            ratio = _ratio(curves, f"control_{kind}_lagged", "partial_softmax")
            found["partial_softmax"][f"{kind}_over_network_last"] = ratio[:, -1]
    control = "control_stacked_lagged"
    _gates(found, curves, {"partial_softmax": control, "partial_hybrid": control})
    return summary_frame(found)


def nonlinear(inputs: Inputs) -> pd.DataFrame:
    """The same for Figure 7C."""
    curves = resampled(plain_losses.nonlinear(inputs))
    late, settled = (int(inputs.params[name]) for name in ("late", "settled"))
    found = mean_losses(curves)
    _ordered(found, curves, "nonlinear_hybrid", "nonlinear_softmax", late)
    _ordered(found, curves, "nonlinear_softmax", "control_linear_lagged", late)
    if "nonlinear_softmax" in curves:
        for kind in ("linear", "features"):
            ratio = _ratio(curves, f"control_{kind}_lagged", "nonlinear_softmax")[:, settled - 1 :]
            found["nonlinear_softmax"] |= {
                f"{kind}_over_network_min": ratio.min(axis=1),
                f"{kind}_over_network_max": ratio.max(axis=1),
            }
    control = "control_features_lagged"
    _gates(found, curves, {"nonlinear_softmax": control, "nonlinear_hybrid": control})
    return summary_frame(found)


def resampled(losses: Losses) -> dict[str, Resampled]:
    """Mean losses [resample, t] of every model, on the same resamples."""
    return {name: means(values) for name, values in losses.items()}


def mean_losses(curves: Curves) -> Quantities:
    """``mean_loss`` over t, and ``last_loss`` at T, of every model."""
    return {
        name: {"mean_loss": curve.mean(axis=1), "last_loss": curve[:, -1]}
        for name, curve in curves.items()
    }


def _ordered(found: Quantities, curves: Curves, better: str, worse: str, late: int) -> None:
    """``over_<worse>``: the largest ratio of losses from ``late`` on; below 1 it is better."""
    if better in curves and worse in curves:
        ratio = _ratio(curves, better, worse)[:, late - 1 :]
        found[better][f"over_{worse}"] = ratio.max(axis=1)


def _gates(found: Quantities, curves: Curves, references: Mapping[str, str]) -> None:
    """``gate_ratio``: the mean loss over that of a reference that does the task well."""
    for name, reference in references.items():
        if name in curves and reference in curves:
            found[name]["gate_ratio"] = 1 + _gap(curves, name, reference)


def _ratio(curves: Curves, one: str, other: str) -> Resampled:
    return np.asarray(curves[one] / curves[other])


def _difference(curves: Curves, one: str, other: str) -> Resampled:
    return np.asarray(curves[one].mean(axis=1) - curves[other].mean(axis=1))


def _gap(curves: Curves, one: str, other: str) -> Resampled:
    """Difference of mean losses relative to ``other``."""
    return _difference(curves, one, other) / curves[other].mean(axis=1)

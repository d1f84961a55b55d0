"""Losses of networks on plain tokens beside their controls, and their claims: Figures 6C and 7.

Losses are compared position by position on the same sequences. Params: ``late`` (first t of Figure
7's comparisons) and ``settled`` (first t of the ratios of Figures 6C and 7C).
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from papers.vonoswald2023.tables import plain_losses
from papers.vonoswald2023.tables.loss_tables import (
    Curves,
    Found,
    Losses,
    control_curves,
    loss_table,
    network_curves,
    ratios,
    together,
)
from papers.vonoswald2023.tables.networks import Trained, losses, predictions
from reprise.results import Inputs

GATE = "gate_ratio"
"""The mean loss over that of a reference that does the task well."""


def fully(inputs: Inputs) -> pd.DataFrame:
    """The columns of ``loss_tables.loss_table``: Figures 6C and 7A.

    ``over_control`` and ``over_unlagged``: mean loss over that of as many iterations; ``place``:
    where it lies on a logarithmic scale, from 0 at the other number of iterations to 1 at these.
    """
    curves = _curves(inputs, plain_losses.fully(inputs))
    late, settled = (int(inputs.params[name]) for name in ("late", "settled"))
    found: Found = {}
    pairs = {"softmax7": ("control7", "control3"), "softmax3": ("control3", "control7")}
    for name, (own, other) in pairs.items():
        found |= ratios(curves, [name], f"{own}_lagged", "over_control")
        found |= ratios(curves, [name], f"{own}_unlagged", "over_unlagged")
        for seed, each in together(curves, name, f"{own}_lagged", f"{other}_lagged"):
            network, own_loss, other_loss = (np.log(curve.mean(axis=1)) for curve in each)
            found[name, seed, "place"] = (network - other_loss) / (own_loss - other_loss)
    for seed, (network, control) in together(curves, "softmax7", "control7_lagged"):
        at_all = network / control
        found["softmax7", seed, "settled_ratio_min"] = at_all[:, settled - 1 :].min(axis=1)
        found["softmax7", seed, "settled_ratio_max"] = at_all[:, settled - 1 :].max(axis=1)
        found["softmax7", seed, "late_gap_max"] = np.abs(at_all[:, late - 1 :] - 1).max(axis=1)
    found |= _ordered(curves, "hybrid", "softmax7", late)
    references = {
        "softmax7": "control7_lagged",
        "softmax3": "control3_lagged",
        "hybrid": "least_squares_lagged",
        "full_mesa": "gradient_step",
        "released_mesa": "gradient_step",
    }
    return loss_table(curves, found | _gates(curves, references))


def partial(inputs: Inputs) -> pd.DataFrame:
    """The same for Figure 7B; ratios ``.._over_network_last`` are at t = T."""
    curves = _curves(inputs, plain_losses.partial(inputs))
    late = int(inputs.params["late"])
    found = _ordered(curves, "partial_hybrid", "partial_softmax", late)
    found |= ratios(curves, ["partial_hybrid"], "partial_softmax", "mean_over_softmax")
    found |= _ordered(curves, "partial_softmax", "control_linear_lagged", late)
    for kind in ("linear", "stacked"):
        pair = together(curves, "partial_softmax", f"control_{kind}_lagged")
        for seed, (network, control) in pair:
            last = control[:, -1] / network[:, -1]
            found["partial_softmax", seed, f"{kind}_over_network_last"] = last
    control_name = "control_stacked_lagged"
    gates = dict.fromkeys(("partial_softmax", "partial_hybrid"), control_name)
    return loss_table(curves, found | _gates(curves, gates))


def nonlinear(inputs: Inputs) -> pd.DataFrame:
    """The same for Figure 7C."""
    curves = _curves(inputs, plain_losses.nonlinear(inputs))
    late, settled = (int(inputs.params[name]) for name in ("late", "settled"))
    found = _ordered(curves, "nonlinear_hybrid", "nonlinear_softmax", late)
    found |= _ordered(curves, "nonlinear_softmax", "control_linear_lagged", late)
    for kind in ("linear", "features"):
        pair = together(curves, "nonlinear_softmax", f"control_{kind}_lagged")
        for seed, (network, control) in pair:
            over = (control / network)[:, settled - 1 :]
            factor = np.exp(np.abs(np.log(over)).max(axis=1))
            found["nonlinear_softmax", seed, f"{kind}_over_network_min"] = over.min(axis=1)
            found["nonlinear_softmax", seed, f"{kind}_factor"] = factor
    control_name = "control_features_lagged"
    gates = dict.fromkeys(("nonlinear_softmax", "nonlinear_hybrid"), control_name)
    return loss_table(curves, found | _gates(curves, gates))


def _curves(inputs: Inputs, controls: Mapping[str, Losses]) -> Curves:
    """Every run that is a network, and the controls."""
    seen = plain_losses.observations(inputs)

    def losses_of(network: Trained) -> Losses:
        return losses(predictions(network.spec, network.params, seen[:, :-1]), seen[:, 1:])

    runs = {n: r for n, r in inputs.runs.items() if r.spec.model.name == "mesa_transformer"}
    shape = seen.shape[0], seen.shape[1] - 1
    return network_curves(runs, losses_of, shape) | control_curves(controls)


def _ordered(curves: Curves, better: str, worse: str, late: int) -> Found:
    """``over_<worse>``: the largest ratio of losses from ``late`` on; below 1 it is better."""
    return {
        (better, seed, f"over_{worse}"): (own / other)[:, late - 1 :].max(axis=1)
        for seed, (own, other) in together(curves, better, worse)
    }


def _gates(curves: Curves, references: Mapping[str, str]) -> Found:
    found: Found = {}
    for name, reference in references.items():
        found |= ratios(curves, [name], reference, GATE)
    return found

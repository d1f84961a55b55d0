"""Losses of networks on constructed tokens and of controls, and their claims (Figs 4, 11, 12)."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from papers.vonoswald2023.tables.controls import control
from papers.vonoswald2023.tables.linear_learning_curves import final_losses
from papers.vonoswald2023.tables.loss_tables import (
    Curves,
    Found,
    Resampled,
    control_curves,
    loss_table,
    network_curves,
    ratio,
    ratios,
    together,
)
from papers.vonoswald2023.tables.networks import (
    Sequences,
    Trained,
    losses,
    predictions,
    split,
    trained,
)
from papers.vonoswald2023.tasks.sequence_tokens import tokens
from reprise.results import Inputs
from reprise.stats.intervals import means


def orthogonal(inputs: Inputs) -> pd.DataFrame:
    """Losses by position and their comparisons: the columns of ``loss_tables.loss_table``.

    Models are the runs, the ``controls`` of the params (see ``controls.control``), and what the
    runs ``one`` and ``deep`` are compressed to, as ``<run> compressed``. Params: ``one``, ``deep``
    and ``mesa`` name runs, ``depths`` the runs by their number of layers; ``late`` is the first t
    of ``late_over_pr2_lagged``, the ratio of means from there on.
    """
    (data,) = inputs.datasets.values()
    s, y = split(data)
    curves = all_curves(inputs, s, y)
    one, deep, mesa = (str(inputs.params[name]) for name in ("one", "deep", "mesa"))
    found = one_step(curves, one) | depth(curves, inputs.params["depths"])
    for control_name in ("pr2_lagged", "pr2"):
        found |= ratios(curves, [deep], control_name, f"over_{control_name}")
    late = {key: curve[:, int(inputs.params["late"]) - 1 :] for key, curve in curves.items()}
    found |= ratios(late, [deep], "pr2_lagged", "late_over_pr2_lagged")
    found |= ratios(curves, [deep, mesa], one, "over_one_layer")
    found |= ratios(curves, [mesa], deep, "over_deep")
    for name in (one, deep):
        for network in trained(inputs.runs[name]):
            for part, values in final_losses(network, s, y).items():
                over = ratio(means(values), curves[name, network.seed])
                found[f"{name} {part}", network.seed, "over_network"] = over
    return loss_table(curves, found, inputs.reference.values())


def contracting(inputs: Inputs) -> pd.DataFrame:
    """The same columns for contracting dynamics; ``depths`` up to the depth that should help."""
    (data,) = inputs.datasets.values()
    curves = all_curves(inputs, *split(data))
    one, mesa = str(inputs.params["one"]), str(inputs.params["mesa"])
    others = [name for name in (*inputs.runs, "pr2_lagged") if name != mesa]
    found = one_step(curves, one) | depth(curves, inputs.params["depths"])
    found |= ratios(curves, inputs.runs, "pr2_lagged", "over_pr2_lagged")
    for seed, (own, *rest) in together(curves, mesa, *others):
        best = np.min([curve.mean(axis=1) for curve in rest], axis=0)
        found[mesa, seed, "over_best_other"] = own.mean(axis=1) / best
    return loss_table(curves, found, inputs.reference.values())


def fixed(inputs: Inputs) -> pd.DataFrame:
    """The same columns for one system that all sequences share.

    ``networks`` is the worst one, ``linear networks`` the worst without the param ``mesa``.
    """
    (data,) = inputs.datasets.values()
    curves = all_curves(inputs, *split(data))
    found = one_step(curves, str(inputs.params["one"]))
    found |= ratios(curves, inputs.runs, "pr2_lagged", "over_pr2_lagged")
    for seed, (known, *own) in together(curves, "pr2_lagged", *inputs.runs):
        worst = np.max([ratio(curve, known) for curve in own], axis=0)
        found["networks", seed, "over_pr2_lagged"] = worst
    mesa = str(inputs.params["mesa"])
    linear = [name for name in inputs.runs if name != mesa]
    for model, names in (("linear networks", linear), (mesa, [mesa])):
        for seed, own in together(curves, *names):
            first = np.max([curve[:, 0] for curve in own], axis=0)
            found[model, seed, "first_loss"] = first
    return loss_table(curves, found, inputs.reference.values())


def one_step(curves: Curves, one: str) -> Found:
    """How near a network of one layer is to one gradient step.

    ``over_gd1`` of mean losses; ``gd_distance``, the largest difference at any t; ``least_at``, t
    of the network's least loss, and ``rise``, by which share of it the loss rises until the end.
    """
    found: Found = {}
    for seed, (network, step) in together(curves, one, "gd1"):
        least = network.min(axis=1)
        quantities = {
            "over_gd1": ratio(network, step),
            "gd_distance": np.abs(network - step).max(axis=1),
            "least_at": np.where(np.isnan(least), np.nan, 1.0 + network.argmin(axis=1)),
            "rise": network[:, -1] / least - 1,
        }
        found |= {(one, seed, quantity): values for quantity, values in quantities.items()}
    return found


def depth(curves: Curves, names: Sequence[Any]) -> Found:
    """``largest_ratio`` of a network's mean loss to that of the next shallower one."""
    return {
        ("depth", seed, "largest_ratio"): np.max(
            [ratio(deeper, shallower) for shallower, deeper in pairwise(own)], axis=0
        )
        for seed, own in together(curves, *map(str, names))
    }


def all_curves(inputs: Inputs, s: Sequences, y: Sequences) -> Curves:
    """Runs and controls on the sequences of the dataset."""

    def losses_of(network: Trained) -> Resampled:
        task: Any = network.spec.task
        asked = predictions(network.spec, network.params, tokens(task.tokens, s))
        return losses(asked, y)

    known = {
        str(name): losses(control(str(name), s, y, inputs.params), y)
        for name in inputs.params["controls"]
    }
    return network_curves(inputs.runs, losses_of, y.shape[:2]) | control_curves(known)

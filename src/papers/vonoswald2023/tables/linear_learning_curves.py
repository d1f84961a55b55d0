"""Losses along training of linear networks and of what they are compared with (Figs 4A and B)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from papers.vonoswald2023.tables.controls import control
from papers.vonoswald2023.tables.networks import Sequences, Trained, losses, split, trained
from papers.vonoswald2023.tables.products import (
    Products,
    between,
    compressed,
    layer_products,
    predictions,
    scalars,
)
from papers.vonoswald2023.tasks.sequence_tokens import tokens
from papers.vonoswald2023.theory.gradient_steps import scalar_predictions
from reprise.results import Inputs, RunResult, snapshot
from reprise.specs.runs import RunSpec


def learning_curves(inputs: Inputs) -> pd.DataFrame:
    """``source`` (ours, authors), ``model``, ``seed``, ``step`` and ``loss``, mean over tokens.

    Of the run ``network``, at every snapshot: itself, ``interpolation`` (the mean of its products
    and those of its final state compressed) and ``compressed`` (that state, at all steps the same).
    Of the run ``mesa``: its logged test loss. ``gd1`` is one gradient step. Params: ``network``,
    ``mesa``, ``sequences`` (so many, from the first).
    """
    (data,) = inputs.datasets.values()
    s, y = (part[: int(inputs.params["sequences"])] for part in split(data))
    network = str(inputs.params["network"])
    rows: list[tuple[str, int | None, int, float]] = []
    rows += _network_curves(network, inputs.runs[network], s, y)
    mesa = str(inputs.params["mesa"])
    logged = inputs.runs[mesa].metrics
    for one in trained(inputs.runs[mesa]):
        own = logged[logged["member"] == one.member][["step", "test_loss"]]
        rows += [(mesa, one.seed, *row) for row in own.itertuples(index=False)]
    rows.append(("gd1", None, 0, _mean_loss(control("gd1", s, y, inputs.params), y)))
    made = pd.DataFrame(rows, columns=["model", "seed", "step", "loss"]).assign(source="ours")
    published = [one[["model", "step", "loss"]] for one in inputs.reference.values()]
    parts = [made, *(one.assign(source="authors") for one in published)]
    found = pd.concat(parts, ignore_index=True).astype({"seed": "Int64"})
    return found[["source", "model", "seed", "step", "loss"]]


def final_losses(network: Trained, s: Sequences, y: Sequences) -> dict[str, np.ndarray]:
    """Losses [sequence, token] of what a trained network is compressed to.

    ``compressed``, ``interpolation`` and, for one layer, ``scalars``: the family of twelve numbers
    (two heads), which is what the compression leaves where the other slots hold nothing.
    """
    products = layer_products(network.spec, network.params)
    small = compressed(products, y.shape[2])
    found = {
        "compressed": losses(_predicted(network.spec, small, s), y),
        "interpolation": losses(_predicted(network.spec, between(products, small), s), y),
    }
    if len(products.kq) == 1:
        made = scalar_predictions(s, scalars(products, y.shape[2]))
        found["scalars"] = losses(made, y)
    return found


def _network_curves(
    name: str, result: RunResult, s: Sequences, y: Sequences
) -> Iterator[tuple[str, int, int, float]]:
    for one in trained(result):
        small = compressed(layer_products(one.spec, one.params), y.shape[2])
        at_all = _mean_loss(_predicted(one.spec, small, s), y)
        for index, step in enumerate(result.snapshot_steps):
            now = layer_products(one.spec, snapshot(result, one.member, index))
            yield name, one.seed, int(step), _mean_loss(_predicted(one.spec, now, s), y)
            mixed = _mean_loss(_predicted(one.spec, between(now, small), s), y)
            yield "interpolation", one.seed, int(step), mixed
            yield "compressed", one.seed, int(step), at_all


def _predicted(spec: RunSpec, products: Products, s: Sequences) -> Sequences:
    task, model = _parts(spec)
    return predictions(products, tokens(task.tokens, s), s.shape[2], model.clip)


def _parts(spec: RunSpec) -> tuple[Any, Any]:
    return spec.task, spec.model


def _mean_loss(predicted: Sequences, y: Sequences) -> float:
    return float(losses(predicted, y).mean())

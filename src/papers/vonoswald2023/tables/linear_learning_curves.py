"""Losses along training of linear networks and of what they are compared with (Figs 4A and B)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from papers.vonoswald2023.tables.controls import control
from papers.vonoswald2023.tables.linear_positions import Sequences, split
from papers.vonoswald2023.tables.networks import losses
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
from reprise.results import Inputs, RunResult, finished, member_spec, snapshot
from reprise.specs.runs import RunSpec


def learning_curves(inputs: Inputs) -> pd.DataFrame:
    """``source`` (ours, authors), ``model``, ``member``, ``step`` and ``loss``, mean over tokens.

    Of the run ``network``, at every snapshot: itself, ``interpolation`` (the mean of its products
    and those of its final state compressed) and ``compressed`` (that state, at all steps the same).
    Of the run ``mesa``: its logged test loss. ``gd1`` is one gradient step. Params: ``network``,
    ``mesa``, ``sequences`` (so many, from the first).
    """
    (data,) = inputs.datasets.values()
    s, y = (part[: int(inputs.params["sequences"])] for part in split(data))
    network = str(inputs.params["network"])
    rows = list(_member_curves(network, inputs.runs[network], s, y))
    mesa = str(inputs.params["mesa"])
    kept = finished(inputs.runs[mesa])
    logged = inputs.runs[mesa].metrics
    rows += [
        (mesa, member, step, loss)
        for member, step, loss in logged[["member", "step", "test_loss"]].itertuples(index=False)
        if member in kept
    ]
    rows.append(("gd1", 0, 0, _mean_loss(control("gd1", s, y, inputs.params), y)))
    made = pd.DataFrame(rows, columns=["model", "member", "step", "loss"]).assign(source="ours")
    published = [one[["model", "step", "loss"]] for one in inputs.reference.values()]
    parts = [made, *(one.assign(source="authors", member=0) for one in published)]
    found = pd.concat(parts, ignore_index=True)
    return found[["source", "model", "member", "step", "loss"]]


def final_losses(result: RunResult, s: Sequences, y: Sequences) -> dict[str, np.ndarray]:
    """Losses [sequence, token] of what the trained networks are compressed to, mean over members.

    ``compressed``, ``interpolation`` and, for one layer, ``scalars``: the family of twelve numbers
    (two heads), which is what the compression leaves where the other slots hold nothing.
    """
    found: dict[str, list[np.ndarray]] = {"compressed": [], "interpolation": [], "scalars": []}
    for member in finished(result):
        spec = member_spec(result, member)
        trained = layer_products(spec, result.params[member])
        small = compressed(trained, y.shape[2])
        found["compressed"].append(losses(_predicted(spec, small, s), y))
        found["interpolation"].append(losses(_predicted(spec, between(trained, small), s), y))
        if len(trained.kq) == 1:
            made = scalar_predictions(s, scalars(trained, y.shape[2]))
            found["scalars"].append(losses(made, y))
    nothing = np.full(y.shape[:2], np.nan)
    return {name: np.mean(parts, axis=0) if parts else nothing for name, parts in found.items()}


def _member_curves(
    name: str, result: RunResult, s: Sequences, y: Sequences
) -> Iterator[tuple[str, int, int, float]]:
    for member in finished(result):
        spec = member_spec(result, member)
        small = compressed(layer_products(spec, result.params[member]), y.shape[2])
        at_all = _mean_loss(_predicted(spec, small, s), y)
        for index, step in enumerate(result.snapshot_steps):
            now = layer_products(spec, snapshot(result, member, index))
            yield name, member, int(step), _mean_loss(_predicted(spec, now, s), y)
            mixed = _mean_loss(_predicted(spec, between(now, small), s), y)
            yield "interpolation", member, int(step), mixed
            yield "compressed", member, int(step), at_all


def _predicted(spec: RunSpec, products: Products, s: Sequences) -> Sequences:
    task, model = _parts(spec)
    return predictions(products, tokens(task.tokens, s), s.shape[2], model.clip)


def _parts(spec: RunSpec) -> tuple[Any, Any]:
    return spec.task, spec.model


def _mean_loss(predicted: Sequences, y: Sequences) -> float:
    return float(losses(predicted, y).mean())

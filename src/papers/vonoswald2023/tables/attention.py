"""First-layer attention and deep weight products: Figures 3A, 10, 14 and 15."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from papers.vonoswald2023.analysis.attention_maps import Maps, first_layer_maps, masses
from papers.vonoswald2023.models.mesa_transformer import products
from papers.vonoswald2023.tables.networks import trained
from papers.vonoswald2023.theory.attention_products import diagonal_share
from reprise.results import Inputs
from reprise.training.network import network

FIRST = 10
"""Masses are means over t from here on: before, positions are special."""
PLACES = ("current", "previous", "before_previous", "rest")
DEVIATIONS = ("current_deviation", "previous_deviation", "before_previous_deviation")
NEAR = 0.8
"""A head that has this mass on the current and the previous token binds them."""


def maps(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``head`` (from 1), ``t``, ``seen`` (t'), ``mean`` and ``deviation`` of the weight.

    Means over sequences; first networks of any number of runs, one dataset.
    """
    parts = []
    for model, _, found in _maps(inputs, 1):
        heads, tokens, _ = found.mean.shape
        rows, columns = np.tril_indices(tokens)
        for head in range(heads):
            # Half the digits of a double: the network has no more.
            values = {
                "mean": found.mean[head, rows, columns].astype(np.float32),
                "deviation": found.deviation[head, rows, columns].astype(np.float32),
            }
            place = {"model": model, "head": head + 1, "t": rows + 1, "seen": columns + 1}
            parts.append(pd.DataFrame(place | values))
    names = ["model", "head", "t", "seen", "mean", "deviation"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)


def mass(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``seed``, ``head``, the masses ``PLACES`` and ``DEVIATIONS`` over sequences."""
    rows = []
    for model, seed, found in _maps(inputs):
        spreads = masses(found.deviation, FIRST)[:, : len(DEVIATIONS)]
        for head, parts in enumerate(zip(masses(found.mean, FIRST), spreads, strict=True)):
            rows.append((model, seed, head + 1, *np.concatenate(parts).tolist()))
    return pd.DataFrame(rows, columns=["model", "seed", "head", *PLACES, *DEVIATIONS])


def attention_summary(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``seed``, ``quantity``, ``value``, from a table of ``mass``.

    ``binding_share``: share of heads with ``NEAR`` on the two newest tokens; ``previous_most``: the
    largest mass on the previous token; ``between_sequences``: of the variance of the weights on the
    three newest tokens, over heads, tokens and sequences, the share that is between sequences.
    """
    (table,) = inputs.tables.values()
    found = []
    for (model, seed), rows in table.groupby(["model", "seed"], sort=False):
        near = rows["current"] + rows["previous"]
        within = float((rows[list(DEVIATIONS)].to_numpy() ** 2).mean())
        quantities = {
            "binding_share": (near >= NEAR).mean(),
            "previous_most": rows["previous"].max(),
            "between_sequences": within
            / (within + rows[list(PLACES[: len(DEVIATIONS)])].to_numpy().var()),
        }
        found += [(model, seed, name, float(value)) for name, value in quantities.items()]
    return pd.DataFrame(found, columns=["model", "seed", "quantity", "value"])


def weights(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``layer``, ``head``, ``product`` (KQ or PV), ``row`` and a column per input.

    Of first networks. Params: ``layers``, numbers from 1; those that a network does not have are
    left out.
    """
    wanted = [int(number) for number in inputs.params["layers"]]
    parts = []
    for model, _, layer, product, matrices in _products(inputs, 1):
        if layer not in wanted:
            continue
        for head, matrix in enumerate(matrices.astype(np.float32), 1):
            part = pd.DataFrame(matrix, columns=[f"in_{i + 1}" for i in range(matrix.shape[1])])
            place = {"model": model, "layer": layer, "head": head, "product": product}
            part = part.assign(**place, row=np.arange(len(matrix)) + 1)
            parts.append(part[[*place, "row", *part.columns[: matrix.shape[1]]]])
    columns = ["model", "layer", "head", "product", "row"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def diagonals(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``seed``, ``layer``, ``head``, ``product``, ``share`` of its norm on its diagonal.

    ``chance`` is the share that unstructured weights have. Layers from the second on, whose
    queries and keys are of the residual stream alone.
    """
    rows = [
        (model, seed, layer, head, product, float(share), 1 / matrices.shape[-1])
        for model, seed, layer, product, matrices in _products(inputs)
        if layer > 1
        for head, share in enumerate(diagonal_share(matrices, matrices.shape[-1]), 1)
    ]
    columns = ["model", "seed", "layer", "head", "product", "share", "chance"]
    return pd.DataFrame(rows, columns=columns)


def diagonal_summary(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``seed``, ``quantity`` (``KQ_over_chance``, ``PV_..``), ``value``, from a table.

    The largest share over that of noise, of layers from the third to the one before the last; of
    the last where there are fewer.
    """
    (table,) = inputs.tables.values()
    found = []
    for (model, seed, product), rows in table.groupby(["model", "seed", "product"], sort=False):
        last = rows["layer"].max()
        inner = rows[rows["layer"].between(3, last - 1)]
        inner = inner if len(inner) else rows[rows["layer"] == last]
        most = float((inner["share"] / inner["chance"]).max())
        found.append((model, seed, f"{product}_over_chance", most))
    return pd.DataFrame(found, columns=["model", "seed", "quantity", "value"])


def _maps(inputs: Inputs, most: int | None = None) -> Iterator[tuple[str, int, Maps]]:
    """Of the first ``most`` networks of every run; None: of all."""
    (data,) = inputs.datasets.values()
    x = np.asarray(data["observations"], float)[:, :-1]
    for model, result in inputs.runs.items():
        for seed, spec, params, _ in trained(result)[:most]:
            yield model, seed, first_layer_maps(network(spec, params), x)


def _products(
    inputs: Inputs, most: int | None = None
) -> Iterator[tuple[str, int, int, str, np.ndarray]]:
    for model, result in inputs.runs.items():
        for seed, spec, params, _ in trained(result)[:most]:
            module: Any = network(spec, params)
            for layer, part in enumerate(module.layers, 1):
                for product, matrices in zip(("KQ", "PV"), products(part.attention), strict=True):
                    yield model, seed, layer, product, np.asarray(matrices, float)

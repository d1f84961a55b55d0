"""First-layer attention and deep weight products: Figures 3A, 10, 14 and 15."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from papers.shared.trained_network import network
from papers.vonoswald2023.analysis.attention_maps import Maps, first_layer_maps, masses
from papers.vonoswald2023.models.mesa_transformer import products
from papers.vonoswald2023.theory.attention_products import diagonal_share
from reprise.results import Inputs, finished, member_spec
from reprise.stats.resampling import summary_frame

FIRST = 10
"""Masses are means over t from here on: before, positions are special."""
PLACES = ("current", "previous", "before_previous", "rest")
NEAR = 0.8
"""A head that has this mass on the current and the previous token binds them."""


def maps(inputs: Inputs) -> pd.DataFrame:
    """``run``, ``head`` (from 1), ``t``, ``seen`` (t'), ``mean`` and ``deviation`` of the weight.

    Means over sequences; first members of any number of runs, one dataset.
    """
    parts = []
    for run, found in _maps(inputs):
        heads, tokens, _ = found.mean.shape
        rows, columns = np.tril_indices(tokens)
        for head in range(heads):
            # Half the digits of a double: the network has no more.
            values = {
                "mean": found.mean[head, rows, columns].astype(np.float32),
                "deviation": found.deviation[head, rows, columns].astype(np.float32),
            }
            place = {"run": run, "head": head + 1, "t": rows + 1, "seen": columns + 1}
            parts.append(pd.DataFrame(place | values))
    names = ["run", "head", "t", "seen", "mean", "deviation"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=names)


def mass(inputs: Inputs) -> pd.DataFrame:
    """``run``, ``head``, the masses ``PLACES`` and ``deviation``, that of the current weight."""
    rows = []
    for run, found in _maps(inputs):
        own = np.diagonal(found.deviation, axis1=1, axis2=2)[:, FIRST - 1 :].mean(axis=1)
        for head, (values, spread) in enumerate(zip(masses(found.mean, FIRST), own, strict=True)):
            rows.append((run, head + 1, *values.tolist(), float(spread)))
    return pd.DataFrame(rows, columns=["run", "head", *PLACES, "deviation"])


def attention_summary(inputs: Inputs) -> pd.DataFrame:
    """``source`` (run) and ``quantity``, from a table of ``mass``.

    ``binding_share``: share of heads with ``NEAR`` on the two newest tokens; ``previous_most``: the
    largest mass on the previous token; ``deviation_most``: the largest deviation over sequences.
    """
    (table,) = inputs.tables.values()
    found = {}
    for run, rows in table.groupby("run", sort=False):
        near = rows["current"] + rows["previous"]
        found[str(run)] = {
            "binding_share": float((near >= NEAR).mean()),
            "previous_most": float(rows["previous"].max()),
            "deviation_most": float(rows["deviation"].max()),
        }
    return summary_frame(found)


def weights(inputs: Inputs) -> pd.DataFrame:
    """``run``, ``layer``, ``head``, ``product`` (KQ or PV), ``row`` and a column per input.

    Params: ``layers``, numbers from 1; those that a network does not have are left out.
    """
    wanted = [int(number) for number in inputs.params["layers"]]
    parts = []
    for run, layer, product, matrices in _products(inputs):
        if layer not in wanted:
            continue
        for head, matrix in enumerate(matrices.astype(np.float32), 1):
            part = pd.DataFrame(matrix, columns=[f"in_{i + 1}" for i in range(matrix.shape[1])])
            place = {"run": run, "layer": layer, "head": head, "product": product}
            part = part.assign(**place, row=np.arange(len(matrix)) + 1)
            parts.append(part[[*place, "row", *part.columns[: matrix.shape[1]]]])
    columns = ["run", "layer", "head", "product", "row"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def diagonals(inputs: Inputs) -> pd.DataFrame:
    """``run``, ``layer``, ``head``, ``product`` and ``share`` of its norm on its main diagonal.

    ``chance`` is the share that unstructured weights have. Layers from the second on, whose
    queries and keys are of the residual stream alone.
    """
    rows = [
        (run, layer, head, product, float(share), 1 / matrices.shape[-1])
        for run, layer, product, matrices in _products(inputs)
        if layer > 1
        for head, share in enumerate(diagonal_share(matrices, matrices.shape[-1]), 1)
    ]
    return pd.DataFrame(rows, columns=["run", "layer", "head", "product", "share", "chance"])


def diagonal_summary(inputs: Inputs) -> pd.DataFrame:
    """``most_over_chance`` of KQ and PV: the largest share over that of noise, from a table.

    Of layers from the third to the one before the last; of the last where there are fewer.
    """
    (table,) = inputs.tables.values()
    found = {}
    for product, rows in table.groupby("product", sort=False):
        last = rows["layer"].max()
        inner = rows[rows["layer"].between(3, last - 1)]
        inner = inner if len(inner) else rows[rows["layer"] == last]
        found[str(product)] = {"most_over_chance": float((inner["share"] / inner["chance"]).max())}
    return summary_frame(found)


def _maps(inputs: Inputs) -> Iterator[tuple[str, Maps]]:
    (data,) = inputs.datasets.values()
    x = np.asarray(data["observations"], float)[:, :-1]
    for run, result in inputs.runs.items():
        for member in finished(result)[:1]:
            yield (
                run,
                first_layer_maps(network(member_spec(result, member), result.params[member]), x),
            )


def _products(inputs: Inputs) -> Iterator[tuple[str, int, str, np.ndarray]]:
    for run, result in inputs.runs.items():
        for member in finished(result)[:1]:
            module: Any = network(member_spec(result, member), result.params[member])
            for layer, part in enumerate(module.layers, 1):
                for product, matrices in zip(("KQ", "PV"), products(part.attention), strict=True):
                    yield run, layer, product, np.asarray(matrices, float)

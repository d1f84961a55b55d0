"""Weights of softmax layers beside those of the linear layers that do the same (Figure 19)."""

from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import pandas as pd

from papers.vonoswald2023.analysis.distillation import cosine
from papers.vonoswald2023.models.mesa_parts import Attention
from papers.vonoswald2023.models.mesa_transformer import products
from papers.vonoswald2023.tables.distilled_networks import fitted, sequences
from papers.vonoswald2023.tables.networks import Trained, predictions, trained
from papers.vonoswald2023.tables.networks import losses as squared_losses
from papers.vonoswald2023.theory.gradient_steps import best_rate, gradient_step
from reprise.results import Inputs
from reprise.stats.intervals import frame, means

PRODUCTS = ("KQ", "PV")


def weights(inputs: Inputs) -> pd.DataFrame:
    """``layer``, ``product`` (KQ, PV), ``kind`` (softmax, linear), ``row``, ``column``, ``value``.

    Products of a network of one head and of its distilled layers. Linear attention stays what it is
    if both its products change their sign: shown is the sign that is nearer to softmax. Params:
    those of ``fitted``.
    """
    rows: list[tuple[Any, ...]] = []
    for result in inputs.runs.values():
        for one in trained(result)[:1]:
            for layer, product, kind, matrix in _products(inputs, one):
                entries = np.ndenumerate(matrix)
                rows += [(layer, product, kind, *index, float(v)) for index, v in entries]
    return pd.DataFrame(rows, columns=["layer", "product", "kind", "row", "column", "value"])


def distilled_weights_summary(inputs: Inputs) -> pd.DataFrame:
    """``quantity``, ``value``, ``low``, ``high`` of a table of ``weights``.

    ``<product>_<layer>``: cosine of both kinds; ``excess``: the smallest of these less the
    authors'; ``gradient_step``: the network's loss over that of the best gradient step. Params:
    ``sequences``, ``seed``.
    """
    (table,) = inputs.tables.values()
    (known,) = inputs.reference.values()
    found: dict[str, Any] = {}
    for (product, layer), rows in table.groupby(["product", "layer"]):
        wide = rows.pivot(index=["row", "column"], columns="kind", values="value")
        found[f"{product}_{layer}"] = cosine(*(wide[k].to_numpy() for k in ("softmax", "linear")))
    authors = {f"{row.product}_{row.layer}": float(row.cosine) for row in known.itertuples()}
    if shared := authors.keys() & found.keys():
        found["excess"] = min(found[name] - authors[name] for name in shared)
    count, seed = int(inputs.params["sequences"]), int(inputs.params["seed"])
    for result in inputs.runs.values():
        for one in trained(result)[:1]:
            found["gradient_step"] = _over_one_step(one, count, seed)
    return frame({(name,): value for name, value in found.items()}, ["quantity"])


def _products(inputs: Inputs, one: Trained) -> Iterator[tuple[int, str, str, np.ndarray]]:
    found = fitted(inputs, one)
    for number, (layer, linear) in enumerate(zip(found.net.layers, found.layers, strict=True), 1):
        soft, own = _arrays(layer.attention), _arrays(linear.attention)
        sign = np.sign(sum(cosine(a[0], b[0]) for a, b in zip(soft, own, strict=True)))
        for product, a, b in zip(PRODUCTS, soft, own, strict=True):
            yield number, product, "softmax", a[0]
            yield number, product, "linear", sign * b[0]


def _arrays(attention: Attention) -> list[np.ndarray]:
    return [np.asarray(product) for product in _products_of(attention)]


_products_of = jax.jit(products)


def _over_one_step(one: Trained, count: int, seed: int) -> np.ndarray:
    """The network's loss over that of a gradient step, whose rate is of other sequences."""
    tuning, data = sequences(one.spec, count, seed), sequences(one.spec, count, seed + 1)
    rate = best_rate(tuning["observations"][:, :-1], tuning["y"])
    step = gradient_step(data["observations"][:, :-1], rate)
    asked = predictions(one.spec, one.params, data["x"])[..., : data["y"].shape[2]]
    own, known = (means(squared_losses(p, data["y"])).mean(axis=1) for p in (asked, step))
    return np.asarray(own / known)

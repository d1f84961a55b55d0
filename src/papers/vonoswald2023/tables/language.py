"""Language models on the small synthetic language (Figures 26 to 28)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from papers.vonoswald2023.tables.language_models import (
    Documents,
    Model,
    all_losses,
    first_layer,
    networks,
)
from reprise.results import Inputs
from reprise.stats.intervals import band, frame, means

KEYS = list(Model._fields)
BAYES = Model(0, "bayes", 0, 0, None)
BEST = 0
"""Head of a row on the head with most mass on the two tokens before the query."""
Curves = dict[Model, Float[np.ndarray, "resample t"]]


def losses(inputs: Inputs) -> pd.DataFrame:
    """``layers``, ``attention``, ``nu``, ``mlp``, ``seed``, ``quantity``, ``t``, ``value``, ends.

    By position t from 1: ``loss`` of the token after it, and ``excess``, what it is above exact
    Bayes, in pairs. At no t: ``perplexity``, ``icl_score`` (the loss of late minus that of early
    positions in nats), and what claims go by: of softmax networks ``over_bayes``, the ratio of mean
    losses; of mesa networks ``linear_over`` and ``softmax_over``, the ratios of a twin's perplexity
    to theirs, ``linear_score_above`` and ``softmax_score_above``, the twin's score less theirs;
    of feature maps of nu = 3 ``over_nu_0``, the ratio of perplexities. Predictors that are no
    networks have 0 layers. Ends, ``low`` and ``high``, are over documents.
    """
    (data,) = inputs.datasets.values()
    curves = {model: means(found) for model, found in all_losses(inputs).items()}
    parts, found = [], {}
    for model, curve in curves.items():
        for quantity, values in (("loss", curve), ("excess", curve - curves[BAYES])):
            columns = dict(zip(("value", "low", "high"), band(values), strict=True))
            at = model._asdict() | {"quantity": quantity, "t": np.arange(1, curve.shape[1] + 1)}
            parts.append(pd.DataFrame(at | columns))
        for quantity, values in (_quantities(curve, data) | _compared(curves, model, data)).items():
            found[*model, quantity] = values
    parts.append(frame(found, [*KEYS, "quantity"]))
    table = pd.concat(parts, ignore_index=True)[[*KEYS, "quantity", "t", "value", "low", "high"]]
    return table.astype({"seed": "Int64", "t": "Int64"})


def attention(inputs: Inputs) -> pd.DataFrame:
    """First layers of deep networks: the keys of a model, ``head``, ``query``, ``key``, ``weight``.

    Weights are means over documents, of the last ``shown`` positions among themselves, of the first
    network of every kind. Params: ``shown``; ``documents``, of which weights are taken.
    """
    parts: list[tuple[Any, ...]] = []
    shown_already: set[Model] = set()
    for model, weights in _maps(inputs).items():
        kind = model._replace(seed=None)
        if kind in shown_already:
            continue
        shown_already.add(kind)
        heads, length, _ = weights.shape[1:]
        last = range(max(0, length - int(inputs.params["shown"])), length)
        mean = weights.mean(axis=0)
        parts += [
            (*model, head + 1, query + 1, key + 1, float(mean[head, query, key]))
            for head in range(heads)
            for query in last
            for key in last
            if key <= query
        ]
    return pd.DataFrame(parts, columns=[*KEYS, "head", "query", "key", "weight"])


def lags(inputs: Inputs) -> pd.DataFrame:
    """First layers of deep networks: ``head``, ``lag``, and the ``value`` of its mass and its ends.

    Mass on the token ``lag`` (a number, or rest) before the query, mean over queries from ``first``
    on. Head 0 with the lag previous is the largest mass of a head on the two tokens before. Params:
    ``first``, ``farthest`` (the last lag that is not rest), ``documents``.
    """
    farthest, found = int(inputs.params["farthest"]), {}
    for model, weights in _maps(inputs).items():
        mass = lag_mass(weights, int(inputs.params["first"]), farthest)
        whole = means(np.concatenate([mass, 1 - mass.sum(axis=2, keepdims=True)], axis=2))
        for head, lag in np.ndindex(whole.shape[1:]):
            name = "rest" if lag > farthest else str(lag)
            found[*model, head + 1, name] = whole[:, head, lag]
        found[*model, BEST, "previous"] = whole[:, :, 1:3].sum(axis=2).max(axis=1)
    return frame(found, [*KEYS, "head", "lag"]).astype({"seed": "Int64"})


def lag_mass(
    weights: Float[np.ndarray, "document head query key"], first: int, farthest: int
) -> Float[np.ndarray, "document head lag"]:
    """Weight on the token 0, 1, ..., ``farthest`` before the query, mean over t >= ``first``."""
    diagonals = (
        np.diagonal(weights, -lag, axis1=2, axis2=3)[..., max(0, first - 1 - lag) :]
        for lag in range(farthest + 1)
    )
    return np.stack([diagonal.mean(axis=-1) for diagonal in diagonals], axis=-1)


def _compared(curves: Curves, model: Model, data: Documents) -> dict[str, np.ndarray]:
    """A network beside its twins of the same seed, resampled in pairs."""
    found, own = {}, _quantities(curves[model], data)
    if model.attention == "softmax":
        found["over_bayes"] = curves[model].mean(axis=1) / curves[BAYES].mean(axis=1)
    if model.attention == "mesa":
        twins = {"softmax": model._replace(attention="softmax", nu=0)}
        twins["linear"] = model._replace(attention="linear")
        for kind, twin in twins.items():
            if twin not in curves:
                continue
            other = _quantities(curves[twin], data)
            found[f"{kind}_over"] = other["perplexity"] / own["perplexity"]
            found[f"{kind}_score_above"] = other["icl_score"] - own["icl_score"]
    plain = model._replace(nu=0)
    if model.nu and plain in curves:
        found["over_nu_0"] = own["perplexity"] / _quantities(curves[plain], data)["perplexity"]
    return found


def _maps(inputs: Inputs) -> dict[Model, Float[np.ndarray, "document head query key"]]:
    (data,) = inputs.datasets.values()
    tokens = data["tokens"][: int(inputs.params["documents"])]
    return {
        one.model: first_layer(one.spec, one.params, tokens)
        for one in networks(inputs)
        if one.model.layers > 1 and not one.model.mlp
    }


def _quantities(curve: np.ndarray, data: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    early, late = (curve[:, data[name][0] - 1 : data[name][1]] for name in ("early", "late"))
    return {
        "perplexity": np.exp(curve.mean(axis=1)),
        "icl_score": late.mean(axis=1) - early.mean(axis=1),
    }

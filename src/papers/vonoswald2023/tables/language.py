"""Language models on the small synthetic language (Figures 26 to 28)."""

from collections import defaultdict
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
from reprise.stats.resampling import band, means, summary_frame

KEYS = list(Model._fields)
BAYES = Model(0, "bayes", 0, 0)
Curves = dict[Model, Float[np.ndarray, "resample t"]]


def losses(inputs: Inputs) -> pd.DataFrame:
    """``layers``, ``attention``, ``nu``, ``mlp``, ``quantity``, ``value``, ``low``, ``high``.

    Quantities: ``perplexity``, and ``icl_score``, the loss of late minus that of early positions
    in nats. Predictors that are no networks have 0 layers. Bands are over documents.
    """
    (data,) = inputs.datasets.values()
    rows = []
    for model, curve in _curves(inputs).items():
        for quantity, values in _quantities(curve, data).items():
            rows.append((*model, quantity, *map(float, band(values))))
    return pd.DataFrame(rows, columns=[*KEYS, "quantity", "value", "low", "high"])


def positions(inputs: Inputs) -> pd.DataFrame:
    """The same models: ``t`` from 1, and the ``loss`` of the token after it, ``low``, ``high``.

    ``excess``, ``excess_low``, ``excess_high`` are what it is above exact Bayes, in pairs.
    """
    curves, parts = _curves(inputs), []
    bayes = curves[BAYES]
    for model, curve in curves.items():
        columns = {"t": np.arange(1, curve.shape[1] + 1)}
        columns |= zip(("loss", "low", "high"), band(curve), strict=True)
        excess = band(curve - bayes)
        columns |= zip(("excess", "excess_low", "excess_high"), excess, strict=True)
        parts.append(pd.DataFrame({**model._asdict(), **columns}))
    return pd.concat(parts, ignore_index=True)


def attention(inputs: Inputs) -> pd.DataFrame:
    """First layers of deep networks: the keys of a model, ``head``, ``query``, ``key``, ``weight``.

    Weights are means over documents, of the last ``shown`` positions among themselves. Params:
    ``shown``; ``documents``, of which weights are taken.
    """
    parts = []
    for model, weights in _maps(inputs).items():
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
    """First layers of deep networks: ``head``, ``lag`` (a number or rest), ``mass`` and its band.

    Mass on the token ``lag`` before the query, mean over queries from ``first`` on. Params:
    ``first``, ``farthest`` (the last lag that is not rest), ``documents``.
    """
    farthest, rows = int(inputs.params["farthest"]), []
    for model, weights in _maps(inputs).items():
        mass = lag_mass(weights, int(inputs.params["first"]), farthest)
        whole = np.concatenate([mass, 1 - mass.sum(axis=2, keepdims=True)], axis=2)
        value, low, high = band(means(whole))
        for head, lag in np.ndindex(value.shape):
            name = "rest" if lag > farthest else str(lag)
            ends = (float(part[head, lag]) for part in (value, low, high))
            rows.append((*model, head + 1, name, *ends))
    return pd.DataFrame(rows, columns=[*KEYS, "head", "lag", "mass", "low", "high"])


def language_summary(inputs: Inputs) -> pd.DataFrame:
    """``source``, ``quantity``, ``value``, ``low``, ``high``: what the claims are judged by.

    Sources name depth, MLP, and of single layers the feature map (``1 layer, nu 3``). Ratios are of
    perplexities (of losses where the name says so), scores in nats. Params as of ``lags``.
    """
    (data,) = inputs.datasets.values()
    curves = _curves(inputs)
    found: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for model, curve in curves.items():
        if model.attention == "mesa":
            found[_source(model)] |= comparisons(curves, model, data)
        if model.attention == "softmax":
            ratio = curve.mean(axis=1) / curves[BAYES].mean(axis=1)
            found[_source(model, of_softmax=True)]["loss_over_bayes"] = ratio
    for kind in ("linear", "mesa"):
        few, many = (curves.get(Model(1, kind, nu, 0)) for nu in (0, 3))
        if few is not None and many is not None:
            found[f"1 layer, {kind}"] = {"nu_3_over_0": np.exp((many - few).mean(axis=1))}
    for model, mass in _previous_mass(inputs).items():
        found[f"first layer, {model.attention}"] = {"previous_mass": mass.max(axis=1)}
    return summary_frame(found)


def comparisons(curves: Curves, mesa: Model, data: Documents) -> dict[str, np.ndarray]:
    """Perplexities and scores of a mesa network beside those of its twins, resampled in pairs."""
    found = {}
    others = {"softmax": mesa._replace(attention="softmax", nu=0)}
    others["linear"] = mesa._replace(attention="linear")
    own = _quantities(curves[mesa], data)
    for kind, model in others.items():
        if model in curves:
            other = _quantities(curves[model], data)
            found[f"{kind}_over_mesa"] = other["perplexity"] / own["perplexity"]
            found[f"{kind}_score_above_mesa"] = other["icl_score"] - own["icl_score"]
    return found


def lag_mass(
    weights: Float[np.ndarray, "document head query key"], first: int, farthest: int
) -> Float[np.ndarray, "document head lag"]:
    """Weight on the token 0, 1, ..., ``farthest`` before the query, mean over t >= ``first``."""
    diagonals = (
        np.diagonal(weights, -lag, axis1=2, axis2=3)[..., max(0, first - 1 - lag) :]
        for lag in range(farthest + 1)
    )
    return np.stack([diagonal.mean(axis=-1) for diagonal in diagonals], axis=-1)


def _previous_mass(inputs: Inputs) -> dict[Model, Float[np.ndarray, "resample head"]]:
    """Mass on the two tokens before the query in first layers."""
    first = int(inputs.params["first"])
    return {
        model: means(lag_mass(weights, first, 2)[..., 1:].sum(axis=-1))
        for model, weights in _maps(inputs).items()
    }


def _maps(inputs: Inputs) -> dict[Model, Float[np.ndarray, "document head query key"]]:
    (data,) = inputs.datasets.values()
    tokens = data["tokens"][: int(inputs.params["documents"])]
    return {
        one.model: first_layer(one.spec, one.params, tokens)
        for one in networks(inputs)
        if one.model.layers > 1 and not one.model.mlp
    }


def _curves(inputs: Inputs) -> Curves:
    return {model: means(found) for model, found in all_losses(inputs).items()}


def _quantities(curve: np.ndarray, data: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    early, late = (curve[:, data[name][0] - 1 : data[name][1]] for name in ("early", "late"))
    return {
        "perplexity": np.exp(curve.mean(axis=1)),
        "icl_score": late.mean(axis=1) - early.mean(axis=1),
    }


def _source(model: Model, of_softmax: bool = False) -> str:
    if model.layers == 1:
        return "1 layer" if of_softmax else f"1 layer, nu {model.nu}"
    return f"{model.layers} layers" + (", MLP" if model.mlp else "")

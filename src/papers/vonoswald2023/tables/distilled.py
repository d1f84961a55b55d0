"""Losses of networks with one softmax layer replaced by a linear one (Figure 5A)."""

from collections.abc import Iterator

import jax
import numpy as np
import pandas as pd

from papers.vonoswald2023.analysis.distillation import with_attention
from papers.vonoswald2023.models.mesa_transformer import Network
from papers.vonoswald2023.spec import MesaTransformer
from papers.vonoswald2023.tables.distilled_networks import (
    Fitted,
    fitted,
    sequences,
    streams,
    through,
)
from papers.vonoswald2023.tables.few_shot import learned
from papers.vonoswald2023.tables.networks import losses as squared_losses
from papers.vonoswald2023.tables.networks import trained
from reprise.results import Inputs, finished
from reprise.stats.intervals import band, frame, means
from reprise.training.progress import expect

SECOND = 2
"""The first layer that reads no positions."""


def layers(inputs: Inputs) -> pd.DataFrame:
    """``n``, ``layer`` (from 1), ``ratio``, ``low``, ``high``, ``unexplained``, ``learned``.

    Of the first network of every run.
    ``ratio``: loss with that layer distilled over the loss of the network as it is;
    ``unexplained``: share of the energy of the layer's output that the linear layer misses;
    ``learned``: the network's loss over that of the control of Proposition 2. A run per number of
    observations n. Params: those of ``fitted``, and ``sequences`` to evaluate on.
    """
    rows = []
    count, seed = int(inputs.params["sequences"]), int(inputs.params["seed"])
    models = [result.spec.model for result in inputs.runs.values() if finished(result)]
    depths = [len(model.layers) for model in models if isinstance(model, MesaTransformer)]
    expect(sum(depths), "layers fitted")
    for result in inputs.runs.values():
        for one in trained(result)[:1]:
            found = fitted(inputs, one)
            known = float(learned(one, count, seed + 2)[0])
            data = sequences(found.spec, count, seed + 1)
            n = data["y"].shape[2]
            for number, ratios in enumerate(_ratios(found, data["x"], data["y"])):
                rest = found.unexplained[number]
                rows.append((n, number + 1, *map(float, band(ratios)), rest, known))
    names = ["n", "layer", "ratio", "low", "high", "unexplained", "learned"]
    return pd.DataFrame(rows, columns=names)


def distilled_summary(inputs: Inputs) -> pd.DataFrame:
    """``quantity``, ``value``, ``low``, ``high`` of a table of ``layers``.

    ``first_least``: smallest ratio of layer 1 over n; ``first_growth``: its ratio at the largest n
    less that at the smallest; ``later_fall``: the mean ratio of later layers at the smallest n
    less that at the largest; ``later_most``: its largest value at n of 10 or more;
    ``second_excess``: smallest excess of layer 2 over the worst after it; ``learned_most``.
    """
    (table,) = inputs.tables.values()
    wide = table.pivot(index="n", columns="layer", values="ratio").sort_index()
    later = wide.loc[:, wide.columns >= SECOND]
    mean = later.mean(axis=1)
    after = later.loc[:, later.columns > SECOND]
    found = {
        "first_least": wide[1].min(),
        "first_growth": wide[1].iloc[-1] - wide[1].iloc[0],
        "later_fall": mean.iloc[0] - mean.iloc[-1],
        "later_most": mean[mean.index >= 10].max(),
        "second_excess": (later[SECOND] - after.max(axis=1)).min(),
        "learned_most": table["learned"].max(),
    }
    return frame({(name,): value for name, value in found.items()}, ["quantity"])


def _ratios(found: Fitted, x: np.ndarray, y: np.ndarray) -> Iterator[np.ndarray]:
    """Resampled ratio of losses, for every layer in turn."""
    h = streams(found.net, x)
    own = means(_losses(found, h[-1], y))
    for number, distilled in enumerate(found.layers):
        replaced = with_attention(found.net.layers[number], distilled.attention)
        stream = through(replaced, h[number])
        for later in list(found.net.layers)[number + 1 :]:
            stream = through(later, stream)
        yield means(_losses(found, stream, y)) / own


def _losses(found: Fitted, stream: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Loss of every sequence, mean over tokens."""
    predicted = np.asarray(_read(found.net, stream), np.float64)
    return np.asarray(squared_losses(predicted, y).mean(axis=1))


@jax.jit
def _read(net: Network, stream: jax.Array) -> jax.Array:
    return net.read(stream)

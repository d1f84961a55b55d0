"""What the last token of a sequence holds of earlier ones: Figures 2, 17 and 21.

Linear maps without intercept from the residual stream at t = T to what was seen at t' = T - 7, ...,
T. Errors are mean squares over sequences and numbers, on the batch of the fit and on the next one.
"""

from collections.abc import Callable

import numpy as np
import pandas as pd
from jaxtyping import Float

from papers.vonoswald2023.analysis.linear_probes import probe_errors
from papers.vonoswald2023.tables.networks import first_layer, streams, trained
from reprise.results import Inputs

BACK = 8
"""Tokens that are looked for: the last and those before it."""
COLUMNS = ["model", "seed", "width", "layer", "t", "back", "mse", "held_out", "variance"]

Values = Float[np.ndarray, "sequence token dim"]


def observations(inputs: Inputs) -> pd.DataFrame:
    """Observations s_t' in the output of the first layer: ``COLUMNS``.

    ``back`` is T - t', ``variance`` the mean square of s_t'. Any number of runs and one dataset;
    params: ``batch``, sequences of a fit.
    """
    (data,) = inputs.datasets.values()
    seen = np.asarray(data["observations"], float)[:, :-1]
    return _frame(inputs, seen, first_layer, first=1)


def features(inputs: Inputs) -> pd.DataFrame:
    """MLP*(s_t'), as it is, in every layer from the input (0) on: ``COLUMNS``."""
    (data,) = inputs.datasets.values()
    target = np.asarray(data["features"], float)[:, :-1]
    return _frame(inputs, target, streams, first=0)


def _frame(
    inputs: Inputs, target: Values, streams_of: Callable[..., np.ndarray], first: int
) -> pd.DataFrame:
    (data,) = inputs.datasets.values()
    seen = np.asarray(data["observations"], float)[:, :-1]
    batch = int(inputs.params["batch"])
    parts = [
        errors(stream[:, -1:], target, batch).assign(
            model=name, seed=seed, width=stream.shape[-1], layer=layer
        )
        for name, result in inputs.runs.items()
        for seed, spec, params, _ in trained(result)
        for layer, stream in enumerate(streams_of(spec, params, seen), first)
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def errors(
    activations: Float[np.ndarray, "sequence 1 width"], target: Values, batch: int
) -> pd.DataFrame:
    """``t``, ``back``, ``mse``, ``held_out`` and ``variance`` of maps from one token's stream."""
    size, last = target.shape[2], target.shape[1]
    rows = []
    for back in range(min(BACK, last)):
        wanted = target[:, last - 1 - back : last - back]
        found = probe_errors(activations, wanted, batch)
        mse, held_out = (2 * float(half[0]) / size for half in found)
        rows.append((last - back, back, mse, held_out, float((wanted**2).mean())))
    return pd.DataFrame(rows, columns=["t", "back", "mse", "held_out", "variance"])

"""What the last token of a sequence holds of earlier ones: Figures 2, 17 and 21.

Linear maps without intercept from the residual stream at t = T to what was seen at t' = T - 7, ...,
T. Errors are mean squares over sequences and numbers, on the batch of the fit and on the next one.
"""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from jaxtyping import Float

from papers.vonoswald2023.analysis.linear_probes import probe_errors
from papers.vonoswald2023.tables.networks import streams
from reprise.results import Inputs, RunResult, finished, member_spec

BACK = 8
"""Tokens that are looked for: the last and those before it."""
COLUMNS = ["run", "member", "width", "layer", "t", "back", "mse", "held_out", "variance"]

Values = Float[np.ndarray, "sequence token dim"]


def observations(inputs: Inputs) -> pd.DataFrame:
    """Observations s_t' in the output of the first layer: ``COLUMNS``.

    ``back`` is T - t', ``variance`` the mean square of s_t'. Any number of runs and one dataset;
    params: ``batch``, sequences of a fit.
    """
    (data,) = inputs.datasets.values()
    seen = np.asarray(data["observations"], float)[:, :-1]
    return _frame(inputs, seen, seen, layers=[1])


def features(inputs: Inputs) -> pd.DataFrame:
    """MLP*(s_t'), as it is, in every layer from the input (0) on: ``COLUMNS``."""
    (data,) = inputs.datasets.values()
    seen, target = (np.asarray(data[n], float)[:, :-1] for n in ("observations", "features"))
    return _frame(inputs, seen, target, layers=None)


def _frame(
    inputs: Inputs, seen: Values, target: Values, layers: Sequence[int] | None
) -> pd.DataFrame:
    batch = int(inputs.params["batch"])
    parts = [
        errors(stream[:, -1:], target, batch).assign(
            run=name, member=member, width=stream.shape[-1], layer=layer
        )
        for name, result in inputs.runs.items()
        for member, found in _streams(result, seen)
        for layer, stream in enumerate(found)
        if layers is None or layer in layers
    ]
    return pd.concat(parts, ignore_index=True)[COLUMNS] if parts else pd.DataFrame(columns=COLUMNS)


def _streams(result: RunResult, seen: Values) -> Iterator[tuple[int, np.ndarray]]:
    """Every member that finished, and its streams [layer, sequence, token, feature]."""
    for member in finished(result):
        yield member, streams(member_spec(result, member), result.params[member], seen)


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

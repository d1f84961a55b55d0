"""Sines inside and outside the training range of frequencies (Figure 6, and the tail test)."""

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables import curves
from papers.yadlowsky2023.tables.networks import at_queries
from reprise.results import Inputs
from reprise.stats.resampling import band, means, summary_frame

TO_STANDARD_ERROR = 2 * 1.6449
"""A band of nine tenths is so many standard errors wide."""
ABOVE, BELOW = 1.4, 0.5
"""Frequencies count as too high from the top of the range times this, as too low likewise."""


def errors(inputs: Inputs) -> pd.DataFrame:
    """``model`` (network, bayes), ``frequency``, ``n``, ``mse`` with its band, ``nmse``.

    Exact Bayes (lines and sines, noise as in param ``noise``) on the first ``prompts`` prompts.
    Params: ``examples``. Takes one run.
    """
    (data,) = inputs.datasets.values()
    (result,) = inputs.runs.values()
    examples = tuple(int(n) for n in inputs.params["examples"])
    few = slice(0, int(inputs.params["prompts"]))
    x, q = data["x"], data["query_x"]
    parts = []
    for frequency, y, target in zip(data["frequency"], data["y"], data["query_y"], strict=True):
        found = at_queries(result.spec, result.params[0], x, y, q, examples)
        for n, one in zip(examples, found, strict=True):
            parts.append(_row("network", frequency, n, one, target))
            if inputs.params["noise"] is not None:
                noise = float(inputs.params["noise"])
                exact, _ = curves.bayes(x[few, :n], y[few, :n], q[few], noise)
                parts.append(_row("bayes", frequency, n, exact, target[few]))
    return pd.DataFrame(parts)


def frequency_summary(inputs: Inputs) -> pd.DataFrame:
    """``source`` (network, bayes), ``quantity``, ``value`` for Figure 6 and for the tail.

    Reads ``frequency_errors`` and ``tail_errors``. Params: ``examples``, the ``low`` and ``high``
    end of the training range; of the tail its ``percentile_1``, ``median``, ``percentile_99``.
    """
    n = int(inputs.params["examples"])
    table = inputs.tables["frequency_errors"]
    ends = float(inputs.params["low"]), float(inputs.params["high"])
    found = {}
    for model, rows in table[table["n"] == n].groupby("model", sort=False):
        found[str(model)] = quantities(rows.set_index("frequency"), *ends)
    tail = inputs.tables["tail_errors"]
    mse = tail[(tail["n"] == n) & (tail["model"] == "network")].set_index("frequency")["mse"]
    first, median, last = (
        float(inputs.params[name]) for name in ("percentile_1", "median", "percentile_99")
    )
    found["network"] |= {
        "tail_over_median": float(max(mse[first], mse[last]) / mse[median]),
        "beyond_tail_over_median": float(mse.iloc[-1] / mse[median]),
    }
    return summary_frame(found)


def quantities(rows: pd.DataFrame, low: float, high: float) -> dict[str, float]:
    """Quantities of Figure 6 from ``mse``, ``nmse`` and the band by frequency."""
    frequency = rows.index.to_numpy(float)
    inside = (frequency >= low) & (frequency <= high)
    above, below = frequency >= ABOVE * high - 1e-9, frequency <= BELOW * low + 1e-9
    out = [rows[frequency >= high], rows[frequency <= low][::-1]]
    return {
        "in_range_mse": float(rows.loc[inside, "mse"].max()),
        "in_range_nmse": float(rows.loc[inside, "nmse"].max()),
        "above_nmse": float(rows.loc[above, "nmse"].min()),
        "below_over_in_range": float(rows.loc[below, "mse"].min() / rows.loc[inside, "mse"].max()),
        "largest_fall_outward": max(_fall(side) for side in out),
    }


def _fall(side: pd.DataFrame) -> float:
    """The largest fall of the error from one frequency to the next, in standard errors."""
    error = ((side["high"] - side["low"]) / TO_STANDARD_ERROR).to_numpy()
    both = np.sqrt(error[1:] ** 2 + error[:-1] ** 2)
    return float((-np.diff(side["mse"]) / np.maximum(both, 1e-12)).max())


def _row(
    model: str, frequency: float, n: int, found: np.ndarray, target: np.ndarray
) -> dict[str, object]:
    squared = ((found - target) ** 2).mean(axis=1)
    mse, low, high = (float(value) for value in band(means(squared)))
    return {
        "model": model,
        "frequency": float(frequency),
        "n": n,
        "mse": mse,
        "low": low,
        "high": high,
        "median": float(np.median(squared)),
        "nmse": mse / float(np.var(target)),
    }

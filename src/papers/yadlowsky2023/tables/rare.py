"""Networks that saw dense functions rarely, on dense functions (Appendix B)."""

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables.linear import (
    Prompts,
    bayes_predictions,
    network_predictions,
)
from papers.yadlowsky2023.tables.resampling import errors_frame, largest_fall
from papers.yadlowsky2023.theory.linear_bayes import NOISE_FREE
from reprise.results import Inputs
from reprise.stats.resampling import means, summary_frame

HALF = 0.5
"""Error at which a lag is read."""
RARE = 0.05


def errors(inputs: Inputs) -> pd.DataFrame:
    """Errors on dense prompts: ``model`` (network, bayes), ``weight``, ``n``, statistics.

    Weights up to .05 and 1, the dense-only network.
    """
    (data,) = inputs.datasets.values()
    return errors_frame(
        {key: (p - data["dense_y"]) ** 2 for key, p in _predictions(inputs, data).items()},
        ["model", "weight"],
    )


def rare_summary(inputs: Inputs) -> pd.DataFrame:
    """``source``, ``quantity``, ``value`` for the rarest weight.

    ``largest_rise``: from one n to the next, in standard errors; ``lag``: examples by which the
    curve falls below .5 later than the dense-only one; ``irregular``: 1 if the rise is above 2 or
    the lag 2 or more.
    """
    (data,) = inputs.datasets.values()
    predictions = _predictions(inputs, data)
    rarest = min(weight for _, weight in predictions)
    found = {}
    for source in ("network", "bayes"):
        curve, specialist = (
            means((predictions[source, w] - data["dense_y"]) ** 2) for w in (rarest, 1.0)
        )
        largest = largest_fall(-curve[:, 1:])
        lag = float(_falls(curve[0]) - _falls(specialist[0]))
        found[source] = {
            "largest_rise": largest,
            "lag": lag,
            "irregular": float(largest > 2 or lag >= 2),
        }
    return summary_frame(found)


def _predictions(inputs: Inputs, data: Prompts) -> dict[tuple[str, float], np.ndarray]:
    every = network_predictions(inputs, data, "dense")
    kept = {key: p for key, p in every.items() if 0 < key[1] <= RARE or key[1] == 1.0}
    return kept | bayes_predictions(data, "dense", [w for _, w in kept], NOISE_FREE)


def _falls(curve: np.ndarray) -> int:
    """The first n at which the error is below ``HALF``; the number of pairs if it never is."""
    below = np.flatnonzero(curve < HALF)
    return int(below[0]) if len(below) else len(curve)

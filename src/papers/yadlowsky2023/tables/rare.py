"""Networks that saw dense functions rarely, on dense functions (Appendix B)."""

from typing import Any

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables.linear import (
    Prompts,
    bayes_predictions,
    network_predictions,
)
from papers.yadlowsky2023.tables.resampling import errors_frame
from papers.yadlowsky2023.theory.linear_bayes import NOISE_FREE
from reprise.results import Inputs
from reprise.stats.intervals import frame, means

HALF = 0.5
"""Error at which a lag is read."""
RARE = 0.05
RAREST = 0.01
"""The weight that exact Bayes is computed for where no network has it."""


def errors(inputs: Inputs) -> pd.DataFrame:
    """Errors on dense prompts: ``model`` (network, bayes), ``weight``, ``seed``, ``n``, ``mse``.

    Weights up to 0.05 and 1, the dense-only network; where no network saw dense functions rarely,
    exact Bayes stands alone.
    """
    (data,) = inputs.datasets.values()
    return errors_frame(
        {key: (p - data["dense_y"]) ** 2 for key, p in _predictions(inputs, data).items()},
        ["model", "weight", "seed"],
    )


def rare_summary(inputs: Inputs) -> pd.DataFrame:
    """``source``, ``quantity``, ``value`` for the rarest weight.

    ``rise``: the largest from one n to a later one, from n = 1 on; ``lag``: examples by which the
    curve falls below 0.5 later than the dense-only one.
    """
    (data,) = inputs.datasets.values()
    predictions = _predictions(inputs, data)
    rarest = min(weight for _, weight, _ in predictions)
    found: dict[tuple[str, str], Any] = {}
    for source in ("network", "bayes"):
        own = {w: p for (model, w, _), p in predictions.items() if model == source}
        if rarest not in own:
            continue
        curve, specialist = (means((own[w] - data["dense_y"]) ** 2)[:, 1:] for w in (rarest, 1.0))
        found[source, "rise"] = (curve - np.minimum.accumulate(curve, axis=1)).max(axis=1)
        found[source, "lag"] = _falls(curve) - _falls(specialist)
    return frame(found, ["source", "quantity"])


def _predictions(inputs: Inputs, data: Prompts) -> dict[tuple[str, float, float], np.ndarray]:
    found: dict[tuple[str, float, float], np.ndarray] = {
        ("network", weight, seed): p
        for (weight, seed), p in network_predictions(inputs, data, "dense").items()
        if 0 < weight <= RARE or weight == 1.0
    }
    weights = sorted({RAREST, *(weight for _, weight, _ in found)})
    exact = bayes_predictions(data, "dense", weights, NOISE_FREE)
    return found | {("bayes", weight, np.nan): p for weight, p in exact.items()}


def _falls(curves: np.ndarray) -> np.ndarray:
    """The first place [resample] where a curve is below ``HALF``; behind the last if never."""
    below = np.concatenate([curves < HALF, np.ones((len(curves), 1), bool)], axis=1)
    return below.argmax(axis=1)

"""Algorithms that networks on linear dynamics are set beside, on the same sequences."""

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from papers.vonoswald2023.tables.networks import Sequences
from papers.vonoswald2023.theory.gradient_steps import best_rate, gradient_step
from papers.vonoswald2023.theory.preconditioning import chunked_predictions
from papers.vonoswald2023.theory.preconditioning_coefficients import PUBLISHED
from papers.vonoswald2023.theory.sequence_ridge import ridge_losses, ridge_predictions

SEARCHED = 512
"""Sequences of a line search (as published)."""


def control(name: str, s: Sequences, y: Sequences, params: Mapping[str, Any]) -> Sequences:
    """Predictions of ``y`` by the control ``name``, with what a line search on them finds best.

    ``gd1``: one gradient step from zero (Proposition 1). ``pr2`` and ``pr2_lagged``: the
    preconditioned step of six iterations (Proposition 2) with the published ``coefficients``,
    lagged as published. ``least_squares`` and ``least_squares_lagged``: exact. ``ridges`` in
    params are the first, the last and the number of ridges that are tried.
    """
    return _CONTROLS[name](s, y, params)


def _gd1(s: Sequences, y: Sequences, params: Mapping[str, Any]) -> Sequences:
    return gradient_step(s, best_rate(s, y))


def _pr2(s: Sequences, y: Sequences, params: Mapping[str, Any], lag: int) -> Sequences:
    coefficients = PUBLISHED[str(params["coefficients"])]
    ridges = _ridges(params)
    best = 0
    if len(ridges) > 1:
        x, targets = s[:SEARCHED], y[:SEARCHED]
        tried = (chunked_predictions(x, targets, *coefficients, r, lag=lag) for r in ridges)
        best = int(np.argmin([((found - targets) ** 2).sum() for found in tried]))
    return chunked_predictions(s, y, *coefficients, ridges[best], lag=lag)


def _least_squares(s: Sequences, y: Sequences, params: Mapping[str, Any], lag: int) -> Sequences:
    ridges = _ridges(params)
    best = 0
    if len(ridges) > 1:
        found = ridge_losses(s[:SEARCHED], y[:SEARCHED], ridges, lag=lag)
        best = int(found.mean(axis=1).argmin())
    return ridge_predictions(s, y, ridges[best], lag=lag)


def _ridges(params: Mapping[str, Any]) -> list[float]:
    first, last, count = params["ridges"]
    return [float(ridge) for ridge in np.linspace(float(first), float(last), int(count))]


_CONTROLS: dict[str, Callable[[Sequences, Sequences, Mapping[str, Any]], Sequences]] = {
    "gd1": _gd1,
    "pr2": lambda s, y, params: _pr2(s, y, params, 0),
    "pr2_lagged": lambda s, y, params: _pr2(s, y, params, 1),
    "least_squares": lambda s, y, params: _least_squares(s, y, params, 0),
    "least_squares_lagged": lambda s, y, params: _least_squares(s, y, params, 1),
}

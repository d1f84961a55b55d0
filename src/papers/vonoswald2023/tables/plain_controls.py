"""Losses of what networks on plain tokens are compared with: Proposition 2, exact least squares."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from papers.vonoswald2023.tables.networks import losses
from papers.vonoswald2023.tasks.nonlinear_dynamics import unit
from papers.vonoswald2023.theory.lag_embedding import stacked
from papers.vonoswald2023.theory.preconditioning import chunked_predictions
from papers.vonoswald2023.theory.preconditioning_coefficients import Coefficients
from papers.vonoswald2023.theory.sequence_ridge import ridge_losses, ridge_predictions
from reprise.results import RunResult, finished

RIDGE = 0.001
"""Added to the moments in all published controls but where a line search says otherwise."""

RIDGES = np.geomspace(0.001, 10.0, 25)
"""The published line search for partly observed states; its spacing is not known."""

SEARCHED = 256
"""Sequences of a line search, or that coefficients are fitted to."""

FEW = 64
"""Sequences of a line search that solves systems exactly."""

LAGS = {"lagged": 1, "unlagged": 0}
"""Published controls leave out the newest pair (s_{t-1}, s_t), which a network can use."""

Values = Float[np.ndarray, "sequence token dim"]
Losses = dict[str, Float[np.ndarray, "sequence token"]]


class Regression(NamedTuple):
    """``targets`` on ``inputs``, to predict ``truth``, all at t = 1, ..., T."""

    inputs: Values
    targets: Values
    truth: Values

    def some(self, count: int) -> "Regression":
        """The first ``count`` sequences."""
        return Regression(*(values[:count] for values in self))


def on_observations(observations: np.ndarray, depth: int = 1) -> Regression:
    """The next observation on ``depth`` past ones; ``observations`` [n, T + 1, n_s]."""
    s = np.asarray(observations, float)
    return Regression(stacked(s[:, :-1], depth), s[:, 1:], s[:, 1:])


def on_features(observations: np.ndarray, features: np.ndarray) -> Regression:
    """The direction of the next observation on that of the present features (Figure 7C)."""
    s = np.asarray(observations, float)
    return Regression(unit(np.asarray(features, float)[:, :-1]), unit(s[:, 1:]), s[:, 1:])


def control(problem: Regression, coefficients: Coefficients, ridge: float, lag: int) -> np.ndarray:
    """Losses [sequence, token] of the preconditioned step of Proposition 2."""
    inputs, targets, truth = problem
    found = chunked_predictions(inputs, targets, *coefficients, ridge, lag=lag)
    return losses(found, truth)


def controls(name: str, problem: Regression, coefficients: Coefficients | None) -> Losses:
    """The control with and without the published lag: ``<name>_lagged``, ``<name>_unlagged``.

    Nothing where there are no coefficients.
    """
    if coefficients is None:
        return {}
    return {
        f"{name}_{label}": control(problem, coefficients, RIDGE, lag) for label, lag in LAGS.items()
    }


def least_squares(problem: Regression, ridge: float = RIDGE, name: str = "least_squares") -> Losses:
    """Exact least squares with and without the lag."""
    inputs, targets, truth = problem
    return {
        f"{name}_{label}": losses(ridge_predictions(inputs, targets, ridge, lag=lag), truth)
        for label, lag in LAGS.items()
    }


def tuned(problem: Regression, coefficients: Coefficients, lag: int) -> float:
    """The best of ``RIDGES`` for the control, on the first ``SEARCHED`` sequences."""
    part = problem.some(SEARCHED)
    means = [control(part, coefficients, float(ridge), lag).mean() for ridge in RIDGES]
    return float(RIDGES[int(np.argmin(means))])


def best_ridge(problem: Regression) -> float:
    """The best of ``RIDGES`` for exact least squares, on the first ``FEW`` sequences."""
    inputs, targets, _ = problem.some(FEW)
    found = ridge_losses(inputs, targets, [float(ridge) for ridge in RIDGES])
    return float(RIDGES[int(found.mean(axis=1).argmin())])


def trained(result: RunResult) -> Coefficients | None:
    """Coefficients of a run of the model ``preconditioned_step``; None where it failed."""
    members = finished(result)
    if not members:
        return None
    params: Mapping[str, np.ndarray] = result.params[members[0]]
    alpha, beta = (tuple(float(x) for x in params[name]) for name in ("alpha", "beta"))
    return Coefficients(alpha, beta)

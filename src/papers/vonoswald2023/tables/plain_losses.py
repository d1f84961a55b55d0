"""Losses, sequence by sequence, of the controls that networks on plain tokens are set beside.

Names of controls end in ``lagged`` (as published: without the newest pair) or ``unlagged``.
"""

import numpy as np

from papers.vonoswald2023.tables.networks import losses
from papers.vonoswald2023.tables.plain_controls import (
    RIDGE,
    SEARCHED,
    Losses,
    Regression,
    best_ridge,
    control,
    controls,
    least_squares,
    on_features,
    on_observations,
    trained,
    tuned,
)
from papers.vonoswald2023.theory.fitted_step import fitted_coefficients
from papers.vonoswald2023.theory.gradient_steps import best_rate, gradient_step
from papers.vonoswald2023.theory.preconditioning_coefficients import PUBLISHED, Coefficients
from reprise.results import Inputs

DEPTH = 16
"""Observations of a regressor of the published control for partly observed states."""

LARGE_RIDGE = 10.0
"""Ridge of the control of Figure 24."""


def fully(inputs: Inputs) -> Losses:
    """Fully observed linear systems.

    ``control7`` and ``control3`` have six and two iterations and the published coefficients,
    ``control<n>_trained`` those of the runs ``iteration6`` and ``iteration2``; ``gradient_step`` is
    one step at its best rate.
    """
    problem = on_observations(observations(inputs))
    found: Losses = {}
    sizes = {
        "control7": ("fully_observed", "iteration6"),
        "control3": ("fully_observed_two_iterations", "iteration2"),
    }
    for name, (published, run) in sizes.items():
        found |= controls(name, problem, PUBLISHED[published])
        found |= controls(f"{name}_trained", problem, _trained(inputs, run))
    found |= least_squares(problem)
    s, truth = problem.inputs, problem.truth
    found["gradient_step"] = losses(gradient_step(s, best_rate(s, truth)), truth)
    return found


def partial(inputs: Inputs) -> Losses:
    """Partly observed linear systems.

    ``control_linear`` sees one observation at a time, ``control_stacked`` 16, with the
    coefficients of ``_chosen``; ``control_stacked_trained`` has those of the run
    ``iteration6_partial``, ``..._tuned`` the best ridge, and ``..._ridge10`` is the control of
    Figure 24.
    """
    seen = observations(inputs)
    one, many = on_observations(seen), on_observations(seen, DEPTH)
    chosen = _chosen(inputs, many, "partially_observed")
    found = controls("control_linear", one, chosen) | controls("control_stacked", many, chosen)
    found |= controls("control_stacked_trained", many, _trained(inputs, "iteration6_partial"))
    best = tuned(many, chosen, 1)
    found["control_stacked_tuned_lagged"] = control(many, chosen, best, 1)
    full = PUBLISHED["fully_observed"]
    found["control_stacked_ridge10_lagged"] = control(many, full, LARGE_RIDGE, 1)
    return found | least_squares(many, best_ridge(many), "least_squares_stacked")


def nonlinear(inputs: Inputs) -> Losses:
    """Nonlinear systems: ``control_linear`` on observations, ``control_features`` on MLP*'s.

    Their coefficients are those of ``_chosen``; ``control_features_six`` has the six published
    ones, fitted for features of another size or not.
    """
    (data,) = inputs.datasets.values()
    seen = observations(inputs)
    features = on_features(seen, data["features"])
    chosen = _chosen(inputs, features, "nonlinear")
    return (
        controls("control_linear", on_observations(seen), chosen)
        | controls("control_features", features, chosen)
        | controls("control_features_six", features, PUBLISHED["nonlinear"])
        | least_squares(features, name="least_squares_features")
    )


def _trained(inputs: Inputs, run: str) -> Coefficients | None:
    return trained(inputs.runs[run]) if run in inputs.runs else None


def _chosen(inputs: Inputs, problem: Regression, published: str) -> Coefficients:
    """The published coefficients, or as many as params have ``iterations``, fitted to sequences.

    A network of d layers is compared with d - 1 iterations and a step (Proposition 2), and other
    sizes of systems have other coefficients; the fit starts from the first ones published.
    """
    start = PUBLISHED[published]
    if "iterations" not in inputs.params:
        return start
    count = int(inputs.params["iterations"])
    cut = Coefficients(start.alpha[:count], start.beta[:count])
    return fitted_coefficients(*problem.some(SEARCHED), cut, RIDGE, lag=1)


def observations(inputs: Inputs) -> np.ndarray:
    """Observations [sequence, T + 1, n_s] of the one dataset."""
    (data,) = inputs.datasets.values()
    return np.asarray(data["observations"], float)

"""What the claims on Figures 8 and 18 are judged by."""

from typing import Any

import numpy as np
import pandas as pd

from papers.vonoswald2023.spec import LinearDynamics, MesaTransformer
from papers.vonoswald2023.tables.few_shot import RIDGE, pair_losses
from papers.vonoswald2023.tables.networks import losses as squared_losses
from papers.vonoswald2023.tables.networks import predictions
from papers.vonoswald2023.tasks import linear_dynamics
from papers.vonoswald2023.theory.preconditioning import iterated_predictions
from papers.vonoswald2023.theory.preconditioning_coefficients import PUBLISHED, Coefficients
from reprise.results import Inputs, RunResult, finished, member_spec
from reprise.specs.runs import RunSpec
from reprise.stats.resampling import means, summary_frame

Curve = np.ndarray
"""Losses [resample, pair], the first row that of all sequences."""

EARLY = (0.2, 0.8)
"""Where an early ascent peaks, in pairs over n: 2 to 8 of ten numbers."""

DEEP = 7
"""From so many layers on a network is compared with six iterations, below with two."""


def few_shot_summary(inputs: Inputs) -> pd.DataFrame:
    """``source`` (every network, least_squares), ``quantity``, ``value``, ``low``, ``high``.

    Per variant of ``few_shot.losses``: ``mean_<variant>``, ``ascent_``: highest loss between .2 n
    and .8 n pairs over the first; ``highest_``: highest at any pair over the first; ``fall_``:
    last loss over the first; ``jump_``: loss at the first pair of a second task over that of
    predicting zero, ``relearned_``: loss at its last pair over that at its first. ``eos_share`` and
    ``prefix_share``: mean loss over that of the variant before. ``learned``: loss on the sequences
    of its training over that of the control of Proposition 2.
    """
    (pairs,) = inputs.datasets.values()
    dims, first = pairs["one_y"].shape[2], int(pairs["first_pairs"][0])
    zero = means(0.5 * (pairs["two_y"][:, first] ** 2).sum(axis=1, keepdims=True))[:, 0]
    found: dict[str, dict[str, Any]] = {}
    for (tasks, source, variant), errors in pair_losses(inputs).items():
        curve = means(errors)
        own = found.setdefault(source, {})
        if tasks == "one":
            own |= {f"{name}_{variant}": v for name, v in one_task(curve, dims).items()}
        else:
            own[f"jump_{variant}"] = curve[:, first] / zero
            own[f"relearned_{variant}"] = curve[:, -1] / curve[:, first]
    for name, result in inputs.runs.items():
        own = found.get(name.removeprefix("few_shot_"), {})
        for member in finished(result)[:1]:
            own["eos_share"] = own["mean_eos"] / own["mean_base"]
            own["prefix_share"] = own["mean_prefix"] / own["mean_eos"]
            count, seed = (int(inputs.params[key]) for key in ("sequences", "seed"))
            own["learned"] = learned(result, member, count, seed)
    return summary_frame(found)


def one_task(curve: Curve, dims: int) -> dict[str, np.ndarray]:
    """``mean``, ``ascent``, ``highest`` and ``fall`` of a learning curve."""
    start, stop = (round(share * dims) for share in EARLY)
    return {
        "mean": curve.mean(axis=1),
        "ascent": curve[:, start : stop + 1].max(axis=1) / curve[:, 0],
        "highest": curve.max(axis=1) / curve[:, 0],
        "fall": curve[:, -1] / curve[:, 0],
    }


def learned(result: RunResult, member: int, count: int, seed: int) -> np.ndarray:
    """Mean loss over the control's, resampled, on fresh sequences of the network's own task."""
    spec = member_spec(result, member)
    assert isinstance(spec.task, LinearDynamics)
    data = linear_dynamics.evaluation(spec.task, count, seed)
    s, y = data["observations"][:, :-1], data["y"]
    alpha, beta = control_of(spec)
    control = iterated_predictions(s, y, alpha, beta, RIDGE, lag=1)
    found = [
        means(squared_losses(p, y)).mean(axis=1)
        for p in (predictions(spec, result.params[member], data["x"]), control)
    ]
    return np.asarray(found[0] / found[1])


def control_of(spec: RunSpec) -> Coefficients:
    """The published iteration for a network: of two steps for a few softmax layers, else of six."""
    assert isinstance(spec.model, MesaTransformer)
    layers = spec.model.layers
    deep = len(layers) >= DEEP or "mesa" in layers
    return PUBLISHED["fully_observed" if deep else "fully_observed_two_iterations"]

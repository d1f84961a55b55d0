"""What linear maps read from every layer: the next observation, and the preconditioned input.

For any network with a residual stream, whatever its layers are (Figures 4E, F, 6A, B, 11B, 12B, 24
and 25). ``layer_errors`` does one network and one target; ``probes`` is a table's entry.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from papers.vonoswald2023.analysis.linear_probes import probe_errors
from papers.vonoswald2023.tables.networks import streams, trained
from papers.vonoswald2023.tasks.sequence_tokens import tokens
from papers.vonoswald2023.theory.lag_embedding import stacked
from papers.vonoswald2023.theory.preconditioned_inputs import iterated_inputs
from papers.vonoswald2023.theory.preconditioning_coefficients import PUBLISHED
from reprise.results import Inputs

Streams = Float[np.ndarray, "layer sequence token feature"]
Targets = Float[np.ndarray, "sequence token out"]

TARGET, PRECONDITIONED = "target", "preconditioned"
ALONE = "alone"
"""The control: the target, read from the preconditioned input instead of a network's layer."""


def probes(inputs: Inputs) -> pd.DataFrame:
    """``source``, ``model``, ``seed``, ``probe``, ``layer``, ``t``, ``in_sample``, ``held_out``.

    ``source`` is ours or, for rows of the references, authors. ``layer`` 0 is the input, ``t``
    counts from 1; errors are those of ``probe_errors``. The control ``alone`` has no model and no
    seed. One dataset, any number of runs. Params:
    ``batch`` (sequences of a fit), ``coefficients`` (a key of ``PUBLISHED``), ``ridge``,
    ``stacked`` (observations of a regressor, 1 by default) and ``features`` (true: regress on the
    dataset's features, made of unit length).
    """
    (data,) = inputs.datasets.values()
    batch = int(inputs.params["batch"])
    wanted = targets(data, inputs.params)
    observed = np.asarray(data["observations"])[:, :-1]
    parts = []
    for name, result in inputs.runs.items():
        for seed, spec, params, _ in trained(result):
            task: Any = spec.task
            layers = streams(spec, params, tokens(task.tokens, observed))
            for probe, target in wanted.items():
                found = layer_errors(layers, target, batch, drop_far=probe == PRECONDITIONED)
                at = {"source": "ours", "model": name, "seed": seed, "probe": probe}
                parts.append(found.assign(**at))
    if parts:
        control = layer_errors(wanted[PRECONDITIONED][None], wanted[TARGET], batch)
        parts.append(control.assign(source="ours", probe=ALONE))
    parts += [one.assign(source="authors") for one in inputs.reference.values()]
    columns = ["source", "model", "seed", "probe", "layer", "t", "in_sample", "held_out"]
    found = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return found.reindex(columns=columns).astype({"seed": "Int64"})


def targets(data: Mapping[str, np.ndarray], params: Mapping[str, Any]) -> dict[str, Targets]:
    """What is probed for: ``target`` s_{t+1}, and ``preconditioned``, see ``preconditioned``."""
    observations = np.asarray(data["observations"], float)
    if params.get("features"):
        features = np.asarray(data["features"], float)[:, :-1]
        regressors = features / np.linalg.norm(features, axis=-1, keepdims=True)
    else:
        regressors = stacked(observations[:, :-1], int(params.get("stacked", 1)))
    coefficients, ridge = str(params["coefficients"]), float(params["ridge"])
    return {
        TARGET: observations[:, 1:],
        PRECONDITIONED: preconditioned(regressors, coefficients, ridge),
    }


def preconditioned(regressors: Targets, coefficients: str, ridge: float) -> Targets:
    """x_t after the six iterations of the control, in place of A_t^-1 x_t.

    A_t is of x_1, ..., x_{t-1} and ``ridge`` I: at t = 1 there is nothing but the ridge, and no
    figure shows it (stacked regressors with a ridge of 10 are those of Figure 24).
    """
    return iterated_inputs(regressors, *PUBLISHED[coefficients], ridge)


def layer_errors(
    layers: Streams, target: Targets, batch: int, drop_far: bool = False
) -> pd.DataFrame:
    """``layer`` from 0 (the input), ``t`` from 1, ``in_sample`` and ``held_out``.

    ``drop_far`` leaves out the sequences of a batch whose targets are far longer than the others,
    as the published probes of the preconditioned input do.
    """
    parts = []
    for number, activations in enumerate(layers):
        errors = probe_errors(activations, target, batch, drop_far)
        at = np.arange(1, target.shape[1] + 1)
        parts.append(pd.DataFrame({"layer": number, "t": at, **errors._asdict()}))
    return pd.concat(parts, ignore_index=True)

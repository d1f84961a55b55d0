"""Evaluation sequences of von Oswald et al. 2023, shared by all models of a figure."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from reprise.specs.dynamics import LinearDynamics, NonlinearDynamics
from reprise.tasks import linear_dynamics, nonlinear_dynamics

Arrays = dict[str, np.ndarray]


def dynamics(params: Mapping[str, Any], seed: int) -> Arrays:
    """Sequences of a dynamical system: ``observations`` s_1, ..., s_{T+1} [sequence, T + 1, n_s].

    ``params`` are the fields of the task, and ``sequences``. Nonlinear systems have their
    ``features`` phi(s), of the shape of the observations and not normalised, too.
    """
    fields = {name: value for name, value in params.items() if name != "sequences"}
    count = int(params["sequences"])
    if params["name"] == "nonlinear_dynamics":
        spec = NonlinearDynamics.model_validate({**fields, "batch_size": count})
        found = nonlinear_dynamics.evaluation(spec, count, seed)
        return {name: found[name] for name in ("observations", "features")}
    linear = LinearDynamics.model_validate({**fields, "batch_size": count})
    return {"observations": linear_dynamics.evaluation(linear, count, seed)["observations"]}

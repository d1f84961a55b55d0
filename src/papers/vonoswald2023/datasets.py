"""Evaluation sequences of von Oswald et al. 2023, shared by all models of a figure."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from papers.vonoswald2023.spec import FewShotRegression, LinearDynamics, NonlinearDynamics
from papers.vonoswald2023.tasks import few_shot_regression, linear_dynamics, nonlinear_dynamics

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


def few_shot(params: Mapping[str, Any], seed: int) -> Arrays:
    """Pairs of one task, and of two in sequence: ``<one|two>_inputs``, ``<one|two>_y``.

    Shapes [sequence, pair, dims]; ``first_pairs`` [1] of the two tasks belong to the first. Params:
    ``dims``, ``pairs``, ``first_pairs``, ``second_pairs``, ``sequences``.
    """
    first = int(params["first_pairs"])
    found: Arrays = {"first_pairs": np.array([first])}
    for name, pairs, second in (
        ("one", int(params["pairs"]), None),
        ("two", first, int(params["second_pairs"])),
    ):
        spec = FewShotRegression(
            name="few_shot_regression",
            dims=int(params["dims"]),
            pairs=pairs,
            second_pairs=second,
            batch_size=1,
        )
        made = few_shot_regression.evaluation(spec, int(params["sequences"]), seed)
        found |= {f"{name}_inputs": made["inputs"], f"{name}_y": made["y"]}
    return found

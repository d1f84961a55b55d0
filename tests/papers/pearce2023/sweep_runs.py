"""Made-up sweeps: every member's losses are those of the class asked for."""

import itertools

import numpy as np
import pandas as pd

from reprise.results import RunResult
from reprise.specs.runs import run_spec

LOSSES = {
    "M": ([0.7, 1e-7, 1e-7], [0.7, 0.7, 0.7]),
    "K": ([0.7, 1e-7, 1e-7], [0.7, 0.7, 1e-7]),
    "G": ([0.7, 1e-2, 1e-7], [0.7, 1e-2, 1e-7]),
    "N": ([0.7, 0.5, 0.4], [0.7, 0.6, 0.5]),
}
"""Class -> train and test loss at steps 0, 10 and 20."""


def run(spec, axes, choose):
    """A run of the product of ``axes``; ``choose(last part of axis=value, ...)`` is its class."""
    rows = list(itertools.product(*axes.values()))
    members = pd.DataFrame(rows, columns=list(axes)).rename_axis("member")
    names = [axis.rsplit(".", 1)[-1] for axis in axes]
    metrics = []
    for member, row in enumerate(rows):
        train, test = LOSSES[choose(**dict(zip(names, row, strict=True)))]
        metrics.append(
            pd.DataFrame(
                {"member": member, "step": [0, 10, 20], "train_loss": train, "test_loss": test}
            )
        )
    return RunResult(
        spec=run_spec("pearce2023").model_validate(spec | {"members": axes}),
        members=members.assign(failed_at_step=np.nan),
        metrics=pd.concat(metrics, ignore_index=True),
        params=tuple({} for _ in rows),
    )

"""The losses of every network of the parity sweep, thinned, for a grid whose cells open them."""

import numpy as np
import pandas as pd

from papers.pearce2023.tables import sweeps
from papers.pearce2023.tables.parity_sweep import AXES
from papers.pearce2023.tables.small_networks import significant
from reprise.results import Inputs, RunResult

POINTS = 41
"""At most so many points of a curve, evenly spaced."""
LOSSES = ["train_loss", "test_loss"]


def courses(inputs: Inputs) -> pd.DataFrame:
    """Weight decay, width and training size, ``seed``, ``class``, ``step`` and losses (nats)."""
    parts = [_courses(result) for result in inputs.runs.values()]
    return pd.concat(parts, ignore_index=True)


def _courses(result: RunResult) -> pd.DataFrame:
    known = sweeps.outcomes([result], AXES).set_index([*AXES, "seed"])["class"]
    axes = {name: sweeps.axis(result, path) for name, path in {**AXES, "seed": "seed"}.items()}
    members = pd.DataFrame(axes, index=result.members.index).rename_axis("member")
    members = members.join(known, on=[*AXES, "seed"]).reset_index()
    steps = np.sort(result.metrics["step"].unique())
    shown = steps[:: max(1, -(-(len(steps) - 1) // (POINTS - 1)))]
    metrics = result.metrics[result.metrics["step"].isin(shown)]
    metrics = metrics.assign(**{name: significant(metrics[name], 3) for name in LOSSES})
    columns = [*AXES, "seed", "class", "step", *LOSSES]
    return members.merge(metrics[["member", "step", *LOSSES]], on="member")[columns]

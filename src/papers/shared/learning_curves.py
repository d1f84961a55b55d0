"""Learning curves of runs, for the figure that every paper shows of them."""

import pandas as pd

from reprise.results import Inputs

MOST_ROWS = 200
"""Of a member; more are thinned out."""


def learning_curves(inputs: Inputs) -> pd.DataFrame:
    """``run``, ``member``, its axes as ``label``, ``step``, ``train_loss`` and ``test_loss``."""
    parts = []
    for name, result in inputs.runs.items():
        for member, rows in result.metrics.groupby("member"):
            axes = result.members.loc[member].drop("failed_at_step")
            label = " ".join(f"{str(axis).split('.')[-1]}={value}" for axis, value in axes.items())
            thin = rows.iloc[:: max(1, len(rows) // MOST_ROWS)]
            columns = thin[["step", "train_loss", "test_loss"]]
            parts.append(columns.assign(run=name, member=member, label=label))
    table = pd.concat(parts, ignore_index=True)
    return table[["run", "member", "label", "step", "train_loss", "test_loss"]]

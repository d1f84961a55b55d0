"""Made-up runs of the parity network whose events and weights are known."""

import numpy as np
import pandas as pd

from reprise.results import RunResult
from reprise.specs.runs import run_spec

RELEVANT = 3


def spec(steps=2000, every=50, **changes):
    base = {
        "task": {"name": "parity", "train_size": 750},
        "model": {"name": "parity_mlp", "hidden": 4},
        "optimizer": {"name": "adamw", "learning_rate": 0.003, "l1": 2e-6},
        "steps": steps,
        "log_every": every,
        "snapshots": {"every": every, "views": ("W_input", "W_output")},
        "members": {"seed": [0]},
    }
    return run_spec("pearce2023").model_validate(base | changes)


def run(members, metrics, views=(), **changes):
    """A run of ``members`` (a frame of axes) with ``metrics`` per member (frames without it)."""
    joined = pd.concat([m.assign(member=i) for i, m in enumerate(metrics)], ignore_index=True)
    made = spec(**changes)
    steps = (
        np.arange(0, made.steps + 1, made.snapshots.every) if made.snapshots else np.zeros(0, int)
    )
    index = pd.RangeIndex(len(members), name="member")
    return RunResult(
        spec=made,
        members=members.set_axis(index).assign(failed_at_step=np.nan),
        metrics=joined,
        params=tuple({} for _ in metrics),
        views=tuple(views),
        snapshot_steps=steps,
    )


def course(t_train, t_test, early_accuracy, steps=2000, every=50):
    """Accuracies jump at two steps; train loss is 1, 1e-3, then 2e-3; test loss 4, then 1e-6."""
    step = np.arange(0, steps + 1, every)
    learned, generalised = step >= t_train, step >= t_test
    return pd.DataFrame(
        {
            "step": step,
            "train_accuracy": np.where(learned, 1.0, 0.6),
            "test_accuracy": np.select([generalised, learned], [1.0, early_accuracy], 0.5),
            "train_loss": np.select([generalised, learned], [2e-3, 1e-3], 1.0),
            "test_loss": np.where(generalised, 1e-6, 4.0),
        }
    )


def weights(peak, end=0.001, steps=2000, every=50, hidden=4):
    """Distractors that rise linearly from 0 to 2 at ``peak`` and fall linearly to ``end`` at +400.

    The relevant weights and the bias are constant: 3 and -1 in the first two neurons, 0 elsewhere;
    the output weights are 5, -5 and 0.
    """
    step = np.arange(0, steps + 1, every)
    size = np.interp(step, [0, peak, peak + 400], [0, 2, end])
    w_input = np.zeros((len(step), 31, hidden))
    w_input[:, RELEVANT:30] = size[:, None, None]
    w_input[:, :RELEVANT, :2], w_input[:, 30, :2] = 3.0, -1.0
    w_output = np.zeros((len(step), hidden))
    w_output[:, :2] = 5.0, -5.0
    return {"W_input": w_input, "W_output": w_output}

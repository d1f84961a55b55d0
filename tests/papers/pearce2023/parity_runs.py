"""Made-up runs of the parity network whose events and weights are known."""

import numpy as np
import pandas as pd

from papers.pearce2023.tables import parity, parity_l2, parity_summary
from reprise.results import Inputs, RunResult
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


def three_seeds():
    """Member 1 memorises most (0.55) and generalises; member 2 memorises more but never does."""
    return run(
        pd.DataFrame({"seed": [7, 8, 9]}),
        [
            course(300, 900, 0.65),
            course(400, 1000, 0.55),
            course(400, np.inf, 0.5),
        ],
        [weights(peak) for peak in (1200, 800, 1600)],
    )


def tables_of(result):
    """Every table of the parity networks; L2 has one seed, the same in all but the penalty."""
    inputs = Inputs(runs={"parity": result})
    decayed = run(
        pd.DataFrame({"seed": [0]}),
        [course(300, 900, 0.6)],
        [weights(1000)],
        optimizer={"name": "adamw", "learning_rate": 0.003, "weight_decay": 0.1},
    )
    both = Inputs(runs={"parity": result, "parity_l2": decayed})
    steps = Inputs(runs={"parity_l2": decayed}, params={"steps": [0, 900, 2000]})
    return {
        "parity_course": parity.learning_curves(inputs),
        "parity_weights": parity.weights(inputs),
        "parity_paths": parity.paths(inputs),
        "parity_distractors": parity.distractors(inputs),
        "parity_summary": parity_summary.parity_summary(inputs),
        "parity_l2_weights": parity_l2.weights(steps),
        "parity_l2_course": parity_l2.learning_curves(both),
        "parity_l2_logits": parity_l2.pattern_logits(both),
        "parity_l2_summary": parity_l2.parity_l2_summary(steps),
    }

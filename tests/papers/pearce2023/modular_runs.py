"""Made-up runs of the small modular networks whose events and weights are known."""

import numpy as np
import pandas as pd

from reprise.results import RunResult
from reprise.specs.runs import run_spec


def spec(steps, every, views):
    return run_spec("pearce2023").model_validate(
        {
            "task": {"name": "modular_addition", "modulus": 67, "train_fraction": 0.4},
            "model": {"name": "modular_mlp", "embed": 5, "hidden": 10},
            "optimizer": {"name": "adamw", "learning_rate": 0.001},
            "steps": steps,
            "log_every": every,
            "snapshots": {"every": every, "views": tuple(views)},
            "members": {"seed": [0]},
        }
    )


def run(seeds, courses, views, steps, every):
    """A run of one member per seed, with its metrics frame and its stacks of snapshots."""
    joined = pd.concat([c.assign(member=i) for i, c in enumerate(courses)], ignore_index=True)
    index = pd.RangeIndex(len(seeds), name="member")
    return RunResult(
        spec=spec(steps, every, views[0]),
        members=pd.DataFrame({"seed": seeds, "failed_at_step": np.nan}, index=index),
        metrics=joined,
        params=tuple({} for _ in seeds),
        views=tuple(views),
        snapshot_steps=np.arange(0, steps + 1, every),
    )


def course(steps, every, test_loss, train_loss=1e-8, test_accuracy=0.9, train_accuracy=1.0):
    """Metrics along ``steps``; a value is a constant or the points (step, value) to go through.

    Losses are interpolated on the log scale, accuracies on the linear one.
    """
    step = np.arange(0, steps + 1, every)

    def along(value, log):
        points = np.atleast_2d(value) if isinstance(value, list) else np.array([(0, value)])
        heights = np.log(points[:, 1]) if log else points[:, 1]
        found = np.interp(step, points[:, 0], heights)
        return np.exp(found) if log else found

    return pd.DataFrame(
        {
            "step": step,
            "train_accuracy": along(train_accuracy, False),
            "test_accuracy": along(test_accuracy, False),
            "train_loss": along(train_loss, True),
            "test_loss": along(test_loss, True),
        }
    )


def waves(snapshots, frequencies, phases, noise=0.0, growth=1.0, modulus=67):
    """W_input and W_output stacks of pure cosines, growing linearly from 1 to ``growth``.

    Random numbers of size ``noise`` are added to every second neuron.
    """
    angle = 2 * np.pi * np.arange(modulus)[:, None] / modulus
    pure = np.cos(np.asarray(frequencies) * angle - np.asarray(phases))
    pure[:, ::2] += noise * np.random.default_rng(0).normal(size=pure[:, ::2].shape)
    size = np.linspace(1, growth, snapshots)[:, None, None]
    return {"W_input": size * pure, "W_output": size * pure.T}

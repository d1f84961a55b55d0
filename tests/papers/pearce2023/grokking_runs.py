"""Made-up runs of the main network: random weights that memorise, exact waves that grok."""

import numpy as np
import pandas as pd

from reprise.results import RunResult
from reprise.specs.runs import run_spec

MODULUS, NEURONS = 67, 24
STEPS, EVERY, SNAPSHOT = 50_000, 500, 2_500
SIZES = {4: 5, 7: 6, 26: 13}
"""Neurons of each frequency in the constructed solution."""


def spec(seeds, steps=STEPS, every=EVERY, snapshot=SNAPSHOT):
    return run_spec("pearce2023").model_validate(
        {
            "task": {"name": "modular_addition", "modulus": MODULUS, "train_fraction": 0.4},
            "model": {"name": "modular_mlp", "embed": 500, "hidden": NEURONS},
            "optimizer": {"name": "adamw", "learning_rate": 0.001, "weight_decay": 1.0},
            "steps": steps,
            "log_every": every,
            "snapshots": {"every": snapshot, "views": ("W_input", "W_output")},
            "members": {"seed": list(seeds)},
        }
    )


def run(members, steps=STEPS, every=EVERY, snapshot=SNAPSHOT):
    """A run of ``members``: seed -> (metrics, views)."""
    metrics = [frame.assign(member=i) for i, (frame, _) in enumerate(members.values())]
    return RunResult(
        spec=spec(members, steps, every, snapshot),
        members=pd.DataFrame(
            {"seed": list(members), "failed_at_step": np.nan},
            index=pd.RangeIndex(len(members), name="member"),
        ),
        metrics=pd.concat(metrics, ignore_index=True),
        params=tuple({} for _ in members),
        views=tuple(views for _, views in members.values()),
        snapshot_steps=np.arange(0, steps + 1, snapshot),
    )


def constructed(sizes=None, scale=4.0):
    """W_input [67, neuron] and W_output: evenly spread phases in, twice the angle out."""
    x = 2 * np.pi * np.arange(MODULUS)[:, None] / MODULUS
    w_input, w_output = [], []
    for turn, (frequency, neurons) in enumerate((sizes or SIZES).items()):
        phase = 2 * np.pi * np.arange(neurons) / neurons + 0.3 * turn
        w_input.append(scale * np.cos(frequency * x - phase))
        w_output.append(scale * np.cos(frequency * x - 2 * phase))
    return np.concatenate(w_input, axis=1), np.concatenate(w_output, axis=1).T


def noise(seed, scale=5.0):
    rng = np.random.default_rng(seed)
    shapes = (MODULUS, NEURONS), (NEURONS, MODULUS)
    return tuple(scale * rng.normal(size=shape) for shape in shapes)


def views(first, last, turn=20_000, steps=STEPS, snapshot=SNAPSHOT):
    """Snapshots that are ``first`` before step ``turn`` and ``last`` from then on."""
    stages = [last if step >= turn else first for step in range(0, steps + 1, snapshot)]
    w_input, w_output = zip(*stages, strict=True)
    return {"W_input": np.stack(w_input), "W_output": np.stack(w_output)}


def course(test_accuracy, test_loss, fit=1_000, steps=STEPS, every=EVERY):
    """Metrics whose test curves go through given points (step, value); losses on a log scale."""
    step = np.arange(0, steps + 1, every)

    def through(points):
        return np.interp(step, *np.transpose(points))

    return pd.DataFrame(
        {
            "step": step,
            "train_accuracy": np.minimum(step / fit, 1.0),
            "test_accuracy": through(test_accuracy),
            "train_loss": np.exp(through([(0, np.log(0.0627)), (2_000, np.log(1e-6))])),
            "test_loss": np.exp(through([(s, np.log(v)) for s, v in test_loss])),
            "param_l2": through([(0, 37.0), (1_000, 54.0), (20_000, 50.0), (30_000, 29.0)]),
        }
    )


MEMORISED = course([(0, 0.0), (50_000, 0.02)], [(0, 0.0627), (2_000, 1.5), (50_000, 0.9)])
GROKKED = course(
    [(0, 0.0), (19_500, 0.0), (20_500, 1.0)],
    [(0, 0.0627), (2_000, 1.5), (19_500, 0.9), (20_500, 1e-3), (25_000, 2e-6)],
)


def main_run():
    """Seed 5 memorises, seed 6 groks at step 20,000, seed 7 groks as well."""
    noisy = noise(0)
    return run(
        {
            5: (MEMORISED, views(noisy, noise(1))),
            6: (GROKKED, views(noisy, constructed())),
            7: (GROKKED, views(noisy, constructed({9: 24}))),
        }
    )

"""The paper at the sizes of the cpu scale, with exact Bayes in the place of trained networks."""

import numpy as np
import pandas as pd
from untrained_paper import entry

from papers.yadlowsky2023.tables import (
    curves as curve_tables,
)
from papers.yadlowsky2023.tables import (
    frequencies,
    linear,
    nonzeros,
    relu,
    sums,
)
from papers.yadlowsky2023.theory import curve_bayes, curves
from papers.yadlowsky2023.theory.class_average import average
from papers.yadlowsky2023.theory.gaussian_process import relu_networks
from papers.yadlowsky2023.theory.linear_bayes import linear_class
from reprise.results import Inputs, RunResult
from reprise.specs.load import Config, load_paper
from reprise.specs.runs import grid

MEMBERS = "yadlowsky2023.runs.{}.members"
SEVERAL = ("sparse_only", "mixtures", "curves", "curves_control", "sums_set", "sums_causal")
ONE_SEED = {f"{MEMBERS.format(run)}.seed": [0] for run in SEVERAL}
WEIGHTS = {f"{MEMBERS.format('mixtures')}.task.weights.dense": [0.1, 0.5, 0.9]}
PAPER = load_paper("yadlowsky2023", Config(scale="cpu", overrides=ONE_SEED | WEIGHTS))
PROMPTS = {"linear_prompts": 1280, "nonzeros_prompts": 1280, "relu_prompts": 256}
"""Others have fewer: sums over grids of sines take long."""
FEW = 48
DRAWS = 8
PRECISION = 0.05
"""Deviation of labels that the ideal networks assume where there is none."""


def patch(monkeypatch, at_positions=None):
    """Let tables ask the ideal predictors instead of networks."""
    for module in (linear, nonzeros, relu):
        monkeypatch.setattr(module, "at_positions", at_positions or ideal_at_positions)
    for module in (curve_tables, frequencies, sums):
        monkeypatch.setattr(module, "at_queries", ideal_at_queries)
    # Slow, and of no class: nothing that is judged here hangs on it.
    monkeypatch.setattr(curve_tables, "tanh_network", lambda x, y, q, steps: np.zeros(q.shape))
    monkeypatch.setattr(sums, "of_set", lambda spec, params, x, y, q, room: sums.bayes(x, y, q))


def runs():
    """Every run; parameters say which weight a member was trained with, and its positions."""
    return {name: _run(name, spec) for name, spec in PAPER.runs.items()}


def tables(names):
    """The tables ``names`` and all that they need."""
    data, every, made = {}, runs(), {}
    for name in names:
        spec = PAPER.tables[name]
        for key in spec.datasets:
            if key not in data:
                of = PAPER.datasets[key]
                fewer = {"prompts": PROMPTS.get(key, FEW), "draws": DRAWS}
                data[key] = entry(of.entry)(of.params | fewer, of.seed)
        made[name] = entry(spec.entry)(
            Inputs(
                runs={n: every[n] for n in spec.runs},
                datasets={n: data[n] for n in spec.datasets},
                tables={n: made[n] for n in spec.tables},
                params=spec.params,
            )
        )
    return made


def ideal_at_positions(spec, params, inputs, y):
    """Exact Bayes for the mixture, with the precision of a good network."""
    weight = float(params["weight"])
    if "relu" in spec.task.classes:
        nonzeros = getattr(spec.task.classes["linear"], "nonzeros", inputs.shape[2])
        classes = {
            "first": linear_class(inputs, y, nonzeros, PRECISION),
            "second": relu_networks(inputs, y, PRECISION),
        }
    else:
        classes = {
            "first": linear_class(inputs, y, inputs.shape[2], PRECISION),
            "second": linear_class(inputs, y, spec.task.classes["sparse"].nonzeros, PRECISION),
        }
    return average(classes, {"first": weight, "second": 1 - weight})


def ideal_at_queries(spec, params, x, y, query_x, examples, room=0):
    """Exact Bayes for lines and sines; line and sine at once where combinations are trained on."""
    found = []
    for n in examples:
        data = x[:, :n], y[:, :n], query_x
        classes = spec.task.classes
        if "convex" in classes:
            found.append(curves.line_and_sine(*data))
        elif spec.task.inputs.uniform:
            found.append(sums.bayes(*data))
        elif classes["sine"].frequency.lognormal:
            grid = np.geomspace(0.4, 12.0, 241)
            prior = grid * np.exp(-0.5 * (np.log(grid / 2.2) / 0.5) ** 2) / grid
            phases = curve_bayes.midpoints(0.0, 2 * np.pi, 64)
            sine = curve_bayes.sine_class(*data, PRECISION, grid, phases, frequency_prior=prior)
            both = {"line": curve_bayes.line_class(*data, PRECISION), "sine": sine}
            found.append(average(both, dict.fromkeys(both, 0.5)))
        else:
            found.append(curve_tables.bayes(*data, spec.task.noise or PRECISION)[0])
    return np.stack(found)


def _run(name, spec):
    members = pd.DataFrame(list(grid(spec))).rename_axis("member").assign(failed_at_step=np.nan)
    params = []
    for _, member in members.iterrows():
        weights = [v for axis, v in member.items() if axis.startswith("task.weights.")]
        room = 2 * getattr(spec.task, "pairs", 0)
        params.append({"weight": np.array([*weights, 0.5][0]), "positions": np.zeros((room, 1))})
    steps = np.array([0, spec.steps])
    shots = spec.snapshots is not None
    return RunResult(
        spec=spec,
        members=members,
        metrics=pd.DataFrame({"member": 0, "step": steps, "train_loss": 1.0, "test_loss": 1.0}),
        params=tuple(params),
        views=tuple({f"params.{k}": np.stack([v, v]) for k, v in p.items()} for p in params)
        if shots
        else (),
        snapshot_steps=steps if shots else np.zeros(0, int),
    )

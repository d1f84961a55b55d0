"""Runs of networks on constructed tokens whose weights are drawn or constructed, not trained."""

import importlib

import jax
import numpy as np
import pandas as pd
from constructed_layers import gradient_step_layer, parameters
from flax import nnx

from reprise.graph.nodes import full_entry
from reprise.results import Inputs, RunResult
from reprise.specs.load import Config, load_paper, papers_folder
from reprise.specs.runs import grid, with_values

KEY = "vonoswald2023"
PAPER = load_paper(KEY, Config(scale="smoke"))
MARK = (
    "linear",
    "deep",
    "structure_summary",
    "probe_summary",
    "contracting",
    "fixed",
)
"""How the names of this group of tables begin."""


def names():
    """The tables on constructed tokens, in an order in which they can be made."""
    return [name for name in PAPER.tables if name.startswith(MARK)]


def entry(path):
    """The function that an entry of ``paper.yaml`` names."""
    module, function = full_entry(KEY, path).split(":")
    return getattr(importlib.import_module(module), function)


def drawn(spec, seed=0, deviation=0.3):
    """Parameters of a new network by name, larger than at the start of training."""
    if spec.model.name == "mesa_transformer":
        spec = with_values(spec, {"model.init_deviation": deviation})
    model = importlib.import_module(spec.model.module)
    net = model.build(spec.model, spec.task, jax.random.key(seed), np.dtype(spec.dtype))
    leaves, _ = jax.tree_util.tree_flatten_with_path(nnx.to_pure_dict(nnx.state(net, nnx.Param)))
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): np.asarray(leaf)
        for path, leaf in leaves
    }


def result(spec, params=None, failed=(), shots=None):
    """A run with these parameters per member, drawn by default, and two snapshots."""
    members = pd.DataFrame(list(grid(spec))).rename_axis("member").assign(failed_at_step=np.nan)
    members.loc[list(failed), "failed_at_step"] = 1
    last = params or [drawn(spec, seed) for seed in members.index]
    first = shots or last
    steps = np.array([0, spec.steps])
    views = tuple(
        {f"params.{name}": np.stack([a[name], b[name]]) for name in b}
        for a, b in zip(first, last, strict=True)
    )
    metrics = pd.DataFrame({"member": 0, "step": steps, "train_loss": 1.0, "test_loss": [2.0, 1.0]})
    return RunResult(spec, members, metrics, tuple(last), views, steps)


def gradient_descent(name, rate):
    """The run ``name``, whose one layer is a gradient step of this rate; nothing is clipped."""
    values = {"model.heads": 1, "model.key_size": 10, "model.clip": None}
    spec = with_values(PAPER.runs[name], values)
    layer = gradient_step_layer(10, rate, slots=4, current=2, before=3)
    params = {key: array.astype(np.float32) for key, array in parameters([layer]).items()}
    start = {key: 0 * array for key, array in params.items()}
    return result(spec, [params], shots=[start])


def dataset(name, **params):
    """A dataset of the smoke scale, with some params replaced."""
    spec = PAPER.datasets[name]
    return entry(spec.entry)(spec.params | params, spec.seed)


def inputs(name, runs, made=None, data=None, **params):
    """What the table ``name`` reads; ``runs`` may replace some of its runs."""
    spec = PAPER.tables[name]
    folder = papers_folder() / KEY / "reference"
    return Inputs(
        runs={n: runs[n] if n in runs else result(PAPER.runs[n]) for n in spec.runs},
        datasets=data or {n: dataset(n) for n in spec.datasets},
        tables={n: made[n] for n in spec.tables},
        reference={
            file.removesuffix(".csv"): pd.read_csv(folder / file) for file in spec.reference
        },
        params=spec.params | params,
    )


def make(name, runs=None, made=None, data=None, **params):
    """The table ``name``."""
    return entry(PAPER.tables[name].entry)(inputs(name, runs or {}, made, data, **params))


def quantity(table, model, name):
    """One value of a table."""
    return float(table[(table["model"] == model) & (table["quantity"] == name)]["value"].iloc[0])

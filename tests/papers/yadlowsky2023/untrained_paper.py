"""The paper at the smoke scale with networks that were never trained: everything but training."""

import importlib
import itertools
import zlib

import jax
import numpy as np
import pandas as pd
from flax import nnx

from reprise.graph.nodes import full_entry
from reprise.results import Inputs, JobResult, join_jobs
from reprise.specs.load import Config, load_paper
from reprise.specs.runs import jobs
from reprise.training.program import skeleton

KEY = "yadlowsky2023"
PAPER = load_paper(KEY, Config(scale="smoke"))


def entry(path):
    """The function that an entry of ``paper.yaml`` names."""
    module, function = full_entry(KEY, path).split(":")
    return getattr(importlib.import_module(module), function)


def run(spec):
    """A run whose members have random weights, larger than at first: outputs are not all zero."""
    return join_jobs([job_result(job) for job in jobs(spec)])


def job_result(job):
    """One job without training: two rows of metrics and two snapshots."""
    count = len(job.members)
    # Another network for every member, also for those that differ in what they are trained on.
    members = [initial(job.run, zlib.crc32(str(member).encode())) for member in job.members]
    params = {name: np.stack([one[name] for one in members]) for name in members[0]}
    steps = np.array([0, job.run.steps])
    shots = job.run.snapshots
    views = {f"params.{name}": np.stack([v, v], axis=1) for name, v in params.items()}
    rows = itertools.product(range(count), steps)
    metrics = pd.DataFrame(rows, columns=["member", "step"]).assign(train_loss=1.0, test_loss=1.0)
    return JobResult(
        job=job,
        failed_at_step=np.full(count, -1),
        metrics=metrics,
        params=params,
        views=views if shots else {},
        snapshot_steps=steps if shots else np.zeros(0, int),
    )


def initial(spec, seed):
    """Parameters of a new network by name, drawn by NumPy, which compiles nothing."""
    rng = np.random.default_rng(seed)
    leaves, _ = jax.tree_util.tree_flatten_with_path(nnx.to_pure_dict(skeleton(spec)[1]))
    found = {}
    for path, leaf in leaves:
        name = jax.tree_util.keystr(path, simple=True, separator=".")
        kind = name.rpartition(".")[2]
        drawn = 0.1 * rng.normal(size=leaf.shape)
        value = {"gain": np.ones(leaf.shape), "bias": np.zeros(leaf.shape)}.get(kind, drawn)
        found[name] = value.astype(leaf.dtype)
    return found


def datasets():
    """Every dataset, as the paper makes it at this scale."""
    return {n: entry(d.entry)(d.params, d.seed) for n, d in PAPER.datasets.items()}


def tables():
    """Every table, in the order of the file, which is one in which they can be made."""
    data = datasets()
    runs = {name: run(spec) for name, spec in PAPER.runs.items()}
    made = {}
    for name, spec in PAPER.tables.items():
        inputs = Inputs(
            runs={n: runs[n] for n in spec.runs},
            datasets={n: data[n] for n in spec.datasets},
            tables={n: made[n] for n in spec.tables},
            params=spec.params,
        )
        made[name] = entry(spec.entry)(inputs)
    return made

"""Runs of the networks on plain tokens at the smoke scale that were never trained, and tables."""

import importlib
import itertools
import zlib

import jax
import numpy as np
import pandas as pd
from flax import nnx

from reprise.graph.nodes import full_entry
from reprise.results import Inputs, JobResult, join_jobs
from reprise.specs.load import Config, load_paper, papers_folder
from reprise.specs.runs import jobs

KEY = "vonoswald2023"
PAPER = load_paper(KEY, Config(scale="smoke"))
FULL = load_paper(KEY, Config(scale="paper"))


def entry(path):
    """The function that an entry of ``paper.yaml`` names."""
    module, function = full_entry(KEY, path).split(":")
    return getattr(importlib.import_module(module), function)


def run(spec, failed=()):
    """A run whose members keep their initial weights (grown); ``failed`` ones did not finish."""
    result = join_jobs([job_result(job) for job in jobs(spec)])
    result.members.loc[list(failed), "failed_at_step"] = 1
    return result


def job_result(job):
    """One job without training: two rows of metrics and two snapshots."""
    count = len(job.members)
    members = [
        initial(spec, zlib.crc32(str(member).encode()))
        for spec, member in zip(specs(job), job.members, strict=True)
    ]
    params = {name: np.stack([one[name] for one in members]) for name in members[0]}
    steps = np.array([0, job.run.steps])
    shots = job.run.snapshots
    views = {f"params.{name}": np.stack([v / 5, v], axis=1) for name, v in params.items()}
    rows = itertools.product(range(count), steps)
    return JobResult(
        job=job,
        failed_at_step=np.full(count, -1),
        metrics=pd.DataFrame(rows, columns=["member", "step"]).assign(test_loss=1.0),
        params=params,
        views=views if shots else {},
        snapshot_steps=steps if shots else np.zeros(0, int),
    )


def specs(job):
    """The spec of each member: members of one job share a shape."""
    from reprise.specs.runs import with_values

    for member in job.members:
        yield with_values(job.run, {k: v for k, v in member.items() if "." in k})


def initial(spec, seed):
    """Parameters of a new network by name."""
    model = importlib.import_module(spec.model.module)
    net = model.build(spec.model, spec.task, jax.random.key(seed), np.dtype(spec.dtype))
    pure = nnx.to_pure_dict(nnx.state(net, nnx.Param))
    leaves, _ = jax.tree_util.tree_flatten_with_path(pure)
    return {
        jax.tree_util.keystr(path, simple=True, separator="."): 5 * np.asarray(leaf)
        for path, leaf in leaves
    }


def dataset(name, paper=PAPER, **params):
    """A dataset, as ``paper`` makes it but for ``params``."""
    spec = paper.datasets[name]
    return entry(spec.entry)(spec.params | params, spec.seed)


def reference(name):
    """A reference, read as the paper reads it."""
    return pd.read_csv(
        papers_folder() / KEY / "reference" / name, keep_default_na=False, na_values=[""]
    )


def made(names, only, runs=None, paper=PAPER):
    """The tables ``names`` from the runs ``only``, in the order of the file."""
    found, data, known = {}, {}, dict(runs or {})
    for name, spec in paper.tables.items():
        if name not in names:
            continue
        for each in spec.datasets:
            data.setdefault(each, dataset(each, sequences=32))
        asked = [each for each in spec.runs if each in only]
        for each in asked:
            known.setdefault(each, run(paper.runs[each]))
        found[name] = entry(spec.entry)(
            Inputs(
                runs={n: known[n] for n in asked},
                datasets={n: data[n] for n in spec.datasets},
                tables={n: found[n] for n in spec.tables},
                reference={n.removesuffix(".csv"): reference(n) for n in spec.reference},
                params=spec.params,
            )
        )
    return found

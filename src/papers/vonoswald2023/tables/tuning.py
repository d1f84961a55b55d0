"""Separators and prefixes tuned through frozen networks, for few-shot regression (Figs. 8, 18)."""

from itertools import pairwise

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
from flax import nnx

from papers.shared.trained_network import network
from papers.vonoswald2023.analysis.tuned_tokens import Network, tuned_prefix, tuned_separator
from papers.vonoswald2023.spec import FewShotRegression, LinearDynamics
from reprise.results import Inputs, RunResult, finished
from reprise.specs.runs import RunSpec
from reprise.training.progress import done, expect

COLUMNS = ["network", "stage", "quantity", "index", "dim", "value"]
POINTS = 25
"""Means of the loss that are kept along a tuning."""


def tokens(inputs: Inputs) -> pd.DataFrame:
    """``network``, ``stage`` (eos, prefix), ``quantity``, ``index``, ``dim`` and ``value``.

    ``quantity`` token: number ``dim`` of tuned token ``index``; loss: the mean over some steps
    before step ``index``. Streams have as many pairs as fit the length of the network's training,
    or ``length`` tokens, behind the prefix. Params: ``prefix`` (tokens), ``length`` (or null),
    ``eos_steps``, ``prefix_steps``, ``rate``, ``batch``, ``seed``.
    """
    found = []
    steps = sum(int(inputs.params[name]) for name in ("eos_steps", "prefix_steps"))
    expect(len(inputs.runs) * steps, "tuning steps")
    for number, (name, result) in enumerate(inputs.runs.items()):
        for member in finished(result)[:1]:
            key = jax.random.fold_in(jax.random.key(int(inputs.params["seed"])), number)
            for stage, (values, losses) in _tuned(inputs, result, member, key).items():
                found += [
                    (name.removeprefix("few_shot_"), stage, *row)
                    for row in (*_token_rows(values), *_loss_rows(losses))
                ]
    return pd.DataFrame(found, columns=COLUMNS)


def values(table: pd.DataFrame, network_name: str, stage: str) -> np.ndarray:
    """The tuned tokens [token, dim] of a table of ``tokens``."""
    own = table[(table["network"] == network_name) & (table["stage"] == stage)]
    own = own[own["quantity"] == "token"]
    return own.pivot(index="index", columns="dim", values="value").to_numpy(float)


def stream(spec: RunSpec, prefix: int, batch: int, length: int | None) -> FewShotRegression:
    """Streams with a separator and a prefix that fit ``length``, or the network's sequences."""
    assert isinstance(spec.task, LinearDynamics)
    return FewShotRegression(
        name="few_shot_regression",
        dims=spec.task.target_dims,
        pairs=((length or spec.task.positions) - prefix) // 3,
        eos=True,
        prefix=prefix,
        batch_size=batch,
    )


def _tuned(
    inputs: Inputs, result: RunResult, member: int, key: jax.Array
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    p = inputs.params
    rate = float(p["rate"])
    asked = _caller(result.spec, result, member)
    with_prefix = stream(result.spec, int(p["prefix"]), int(p["batch"]), p["length"])
    without = with_prefix.model_copy(update={"prefix": 0})
    first, second = jax.random.split(key)
    eos, along = tuned_separator(asked, without, int(p["eos_steps"]), rate, first)
    tuned = {"eos": (np.asarray(eos, float), np.asarray(along, float))}
    done(int(p["eos_steps"]))
    steps = int(p["prefix_steps"])
    prefix, further = tuned_prefix(asked, with_prefix, eos[0], steps, rate, second)
    tuned["prefix"] = np.asarray(prefix, float), np.asarray(further, float)
    done(steps)
    return tuned


def _caller(spec: RunSpec, result: RunResult, member: int) -> Network:
    graph, state = nnx.split(network(spec, result.params[member]))

    def asked(x: jax.Array) -> jax.Array:
        module = nnx.merge(graph, state)
        return jnp.asarray(module(x))

    return asked


def _token_rows(found: np.ndarray) -> list[tuple[str, int, float, float]]:
    return [
        ("token", index, float(dim), float(value)) for (index, dim), value in np.ndenumerate(found)
    ]


def _loss_rows(losses: np.ndarray) -> list[tuple[str, int, float, float]]:
    ends = np.unique(np.linspace(0, len(losses), POINTS + 1).round().astype(int))
    return [
        ("loss", int(end), np.nan, float(losses[start:end].mean())) for start, end in pairwise(ends)
    ]

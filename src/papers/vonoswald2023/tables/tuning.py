"""Separators and prefixes tuned through frozen networks, for few-shot regression (Figs. 8, 18)."""

from itertools import pairwise

import jax
import numpy as np
import pandas as pd

from papers.vonoswald2023.analysis.tuned_tokens import Tuning, tuned_prefix, tuned_separator
from papers.vonoswald2023.spec import FewShotRegression, LinearDynamics
from papers.vonoswald2023.tables.networks import Trained, trained
from reprise.results import Inputs
from reprise.specs.runs import RunSpec
from reprise.training.network import network
from reprise.training.progress import done, expect

COLUMNS = ["network", "stage", "quantity", "index", "dim", "value"]
POINTS = 25
"""Means of the loss that are kept along a tuning."""


def tokens(inputs: Inputs) -> pd.DataFrame:
    """``network``, ``stage`` (eos, prefix), ``quantity``, ``index``, ``dim`` and ``value``.

    Of the first network of every run. ``quantity`` token: number ``dim`` of tuned token ``index``;
    loss: the mean over some steps before step ``index``. Streams have as many pairs as fit the
    length of the network's training, or ``length`` tokens, behind the prefix. Params: ``prefix``
    (tokens), ``length`` (or null), ``eos_steps``, ``prefix_steps``, ``rate``, ``batch``, ``seed``.
    """
    found = []
    steps = sum(int(inputs.params[name]) for name in ("eos_steps", "prefix_steps"))
    expect(len(inputs.runs) * steps, "tuning steps")
    for number, (name, result) in enumerate(inputs.runs.items()):
        for one in trained(result)[:1]:
            key = jax.random.fold_in(jax.random.key(int(inputs.params["seed"])), number)
            for stage, (values, losses) in _tuned(inputs, one, key).items():
                found += [
                    (name.removeprefix("few_shot_"), stage, *row)
                    for row in (*_token_rows(values), *_loss_rows(losses))
                ]
    return pd.DataFrame(found, columns=COLUMNS)


def values(table: pd.DataFrame, stage: str) -> np.ndarray:
    """The tuned tokens [token, dim] of one network in a table of ``tokens``."""
    own = table[(table["stage"] == stage) & (table["quantity"] == "token")]
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
    inputs: Inputs, one: Trained, key: jax.Array
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    p = inputs.params
    module = network(one.spec, one.params)
    pairs = stream(one.spec, int(p["prefix"]), int(p["batch"]), p["length"])
    first, second = jax.random.split(key)
    eos_tuning, prefix_tuning = (
        Tuning(int(p[f"{stage}_steps"]), float(p["rate"])) for stage in ("eos", "prefix")
    )
    eos, along = tuned_separator(module, pairs, eos_tuning, first)
    done(eos_tuning.steps)
    prefix, further = tuned_prefix(module, pairs, eos[0], prefix_tuning, second)
    done(prefix_tuning.steps)
    return {
        "eos": (np.asarray(eos, float), np.asarray(along, float)),
        "prefix": (np.asarray(prefix, float), np.asarray(further, float)),
    }


def _token_rows(found: np.ndarray) -> list[tuple[str, int, float, float]]:
    return [
        ("token", index, float(dim), float(value)) for (index, dim), value in np.ndenumerate(found)
    ]


def _loss_rows(losses: np.ndarray) -> list[tuple[str, int, float, float]]:
    ends = np.unique(np.linspace(0, len(losses), POINTS + 1).round().astype(int))
    return [
        ("loss", int(end), np.nan, float(losses[start:end].mean())) for start, end in pairwise(ends)
    ]

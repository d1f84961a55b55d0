"""Losses along sequences of networks on constructed tokens and of controls (Figs 4C, D, 11, 12)."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from jaxtyping import Float

from papers.vonoswald2023.tables.controls import control
from papers.vonoswald2023.tables.networks import losses, predictions
from papers.vonoswald2023.tasks.sequence_tokens import tokens
from reprise.results import Inputs, RunResult, finished, member_spec
from reprise.stats.resampling import band, means

Sequences = Float[np.ndarray, "sequence token dim"]
Losses = Float[np.ndarray, "sequence token"]


def positions(inputs: Inputs) -> pd.DataFrame:
    """``source`` (ours, authors), ``model``, ``t`` from 1, ``loss``, ``low`` and ``high``.

    Models are the runs and the ``controls`` of the params, see ``controls.control``; bands are of
    a bootstrap over sequences, the same for all. The authors' points have none.
    """
    parts = []
    for model, found in all_losses(inputs).items():
        loss, low, high = band(means(found))
        at = {"source": "ours", "model": model, "t": np.arange(1, len(loss) + 1)}
        parts.append(pd.DataFrame({**at, "loss": loss, "low": low, "high": high}))
    parts += [
        one[["model", "t", "loss"]].assign(source="authors") for one in inputs.reference.values()
    ]
    return pd.concat(parts, ignore_index=True)[["source", "model", "t", "loss", "low", "high"]]


def mean_losses(inputs: Inputs) -> pd.DataFrame:
    """``source`` (ours, authors), ``model`` and ``loss``, mean over t of a table of positions."""
    (table,) = inputs.tables.values()
    own = table[table["source"] == "ours"]
    found = own.groupby("model", sort=False)["loss"].mean().reset_index()
    published = [one[["model", "loss"]] for one in inputs.reference.values()]
    parts = [found.assign(source="ours"), *(one.assign(source="authors") for one in published)]
    return pd.concat(parts, ignore_index=True)[["source", "model", "loss"]]


def all_losses(inputs: Inputs) -> dict[str, Losses]:
    """Run or control to its losses on the sequences of the dataset, mean over members."""
    (data,) = inputs.datasets.values()
    s, y = split(data)
    found = {name: run_losses(result, s, y) for name, result in inputs.runs.items()}
    for name in inputs.params["controls"]:
        found[name] = losses(control(name, s, y, inputs.params), y)
    return found


def split(data: Mapping[str, np.ndarray]) -> tuple[Sequences, Sequences]:
    """Observations s_1, ..., s_T, and what follows each."""
    observations = np.asarray(data["observations"], float)
    return observations[:, :-1], observations[:, 1:]


def run_losses(result: RunResult, s: Sequences, y: Sequences) -> Losses:
    """Mean over the members that stayed finite; NaN where none did."""
    members = finished(result)
    if not members:
        return np.full(y.shape[:2], np.nan)
    return np.mean([losses(asked(result, m, s), y) for m in members], axis=0)


def asked(result: RunResult, member: int, s: Sequences) -> Sequences:
    """A network's predictions of what follows the observations ``s``, read as it reads them."""
    spec = member_spec(result, member)
    task: Any = spec.task
    return predictions(spec, result.params[member], tokens(task.tokens, s))

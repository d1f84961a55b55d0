"""Tables of losses along sequences, and of the numbers that claims read off them.

A network is known by its name and seed, a control by its name alone. All are evaluated on the same
sequences, and resampled together.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping

import numpy as np
import pandas as pd
from jaxtyping import Float

from papers.vonoswald2023.tables.networks import Trained, trained
from reprise.results import RunResult
from reprise.stats.intervals import band, frame, means

Losses = Float[np.ndarray, "sequence token"]
Resampled = Float[np.ndarray, "resample ..."]

Key = tuple[str, int | None]
"""Name, and the seed of a network; None for a control."""
Curves = dict[Key, Resampled]
"""Mean losses at every token, [resample, token]."""
Found = dict[tuple[str, int | None, str], Resampled | float]
"""(name, seed, quantity) -> its resampled values."""

COLUMNS = ["source", "model", "seed", "quantity", "t", "value", "low", "high"]
LOSS, MEAN_LOSS = "loss", "mean_loss"


def network_curves(
    runs: Mapping[str, RunResult], losses_of: Callable[[Trained], Losses], shape: tuple[int, int]
) -> Curves:
    """The curves of all networks of ``runs``, each with its ``losses_of``.

    A run none of whose networks stayed finite has one, of its first seed, of NaN; ``shape`` is
    that of losses.
    """
    found: Curves = {}
    for name, result in runs.items():
        for one in trained(result):
            found[name, one.seed] = means(losses_of(one))
        if not any(known == name for known, _ in found):
            found[name, int(result.members["seed"].iloc[0])] = means(np.full(shape, np.nan))
    return found


def control_curves(losses: Mapping[str, Losses]) -> Curves:
    """The curves of controls."""
    return {(name, None): means(values) for name, values in losses.items()}


def together(curves: Curves, *names: str) -> Iterator[tuple[int | None, list[Resampled]]]:
    """Every seed that all networks among ``names`` have, and the curves of all ``names``.

    Nothing where one of them is not there.
    """
    seeds = [{seed for name, seed in curves if name == wanted} for wanted in names]
    of_networks = [own for own in seeds if own != {None}]
    common = set.intersection(*of_networks) if of_networks else {None}
    for seed in sorted(common, key=lambda s: -1 if s is None else s) if all(seeds) else ():
        yield seed, [curves[n, None if (n, None) in curves else seed] for n in names]


def ratio(curve: Resampled, other: Resampled) -> Resampled:
    """Mean loss over that of another."""
    return np.asarray(curve.mean(axis=1) / other.mean(axis=1))


def ratios(curves: Curves, names: Iterable[str], other: str, quantity: str) -> Found:
    """``quantity`` of every network in ``names``: its mean loss over that of ``other``."""
    return {
        (name, seed, quantity): ratio(own, known)
        for name in names
        for seed, (own, known) in together(curves, name, other)
    }


def loss_table(curves: Curves, found: Found, stored: Iterable[pd.DataFrame] = ()) -> pd.DataFrame:
    """``COLUMNS``: the losses of ``curves`` by t (from 1), their means, and what was ``found``.

    ``source`` is ours, or authors for ``stored`` rows of model, t (or none) and loss.
    """
    parts = []
    for (model, seed), curve in curves.items():
        value, low, high = band(curve)
        columns = {"t": np.arange(1, len(value) + 1), "value": value, "low": low, "high": high}
        parts.append(pd.DataFrame({"model": model, "seed": seed, "quantity": LOSS} | columns))
    averages = {(*key, MEAN_LOSS): curve.mean(axis=1) for key, curve in curves.items()}
    parts.append(frame(averages | found, ["model", "seed", "quantity"]))
    ours = pd.concat(parts, ignore_index=True).assign(source="ours")
    parts = [ours, *(_stored(one) for one in stored)]
    table = pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)
    return table.astype({"seed": "Int64", "t": "Int64"})


def _stored(rows: pd.DataFrame) -> pd.DataFrame:
    quantity = LOSS if "t" in rows else MEAN_LOSS
    return rows.rename(columns={"loss": "value"}).assign(source="authors", quantity=quantity)

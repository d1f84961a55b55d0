"""What the sweeps F8 and F21 of Pearce et al. 2023 share: outcomes of runs, counts per cell."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import classes
from papers.pearce2023.analysis.classes import CLASSES
from reprise.results import RunResult

OURS = [f"ours_{name}" for name in CLASSES]
PUBLISHED = [f"published_{name}" for name in CLASSES]


def outcomes(runs: Iterable[RunResult], axes: Mapping[str, str]) -> pd.DataFrame:
    """One row per trained model of all ``runs``: axes, seed, extremes of the losses and class.

    ``axes`` maps column names to dotted paths of the run spec (``model.hidden``); a path that is no
    axis of a run's members is read from its spec. Sorted by the axes and the seed.
    """
    parts = []
    for result in runs:
        values = {name: axis(result, path) for name, path in {**axes, "seed": "seed"}.items()}
        extremes = classes.extremes(result.metrics).reindex(result.members.index)
        parts.append(pd.DataFrame(values, index=result.members.index).join(extremes))
    table = pd.concat(parts, ignore_index=True)
    table["class"] = classes.classify(table)
    return table.sort_values([*axes, "seed"], ignore_index=True, kind="stable")


def cells(models: pd.DataFrame, reference: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Class counts of every published cell, ours beside the published ones.

    The columns ``by``, ``ours_M`` ... ``published_N``, ``tested`` (some model was trained),
    the two majority classes (``tie`` without a single leader, ``none`` where not tested) and
    ``agree``, whether the majorities are the same class.
    """
    ours = classes.counts(models, list(by)).rename(columns=dict(zip(CLASSES, OURS, strict=True)))
    published = reference.rename(columns=dict(zip(CLASSES, PUBLISHED, strict=True)))
    table = published[[*by, *PUBLISHED]].merge(ours[[*by, *OURS]], on=list(by), how="left")
    table[OURS] = table[OURS].fillna(0).astype(int)
    table["tested"] = table[OURS].sum(axis=1) > 0
    table["published_majority"] = [classes.majority(row) for row in table[PUBLISHED].to_numpy()]
    table["ours_majority"] = [
        classes.majority(row) if row.any() else "none" for row in table[OURS].to_numpy()
    ]
    table["agree"] = table["ours_majority"] == table["published_majority"]
    columns = [*by, *OURS, *PUBLISHED, "tested", "ours_majority", "published_majority", "agree"]
    return table.sort_values(list(by), ignore_index=True)[columns]


def shares(table: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Class shares [4]; each row (cell) of counts weighs the same, whatever its number of seeds."""
    return cell_shares(table, columns).mean(axis=0)


def cell_shares(table: pd.DataFrame, columns: Sequence[str]) -> np.ndarray:
    """Class shares [cell, 4] of each row of counts."""
    counted = table[list(columns)].to_numpy(float)
    return counted / counted.sum(axis=1, keepdims=True)


def axis(result: RunResult, path: str) -> object:
    """The value of a dotted path per member, or the one of the spec where it is no axis."""
    if path in result.members:
        return result.members[path]
    value: object = result.spec
    for part in path.split("."):
        value = getattr(value, part)
    return value

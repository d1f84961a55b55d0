"""Tables of the parity sweep: weight decay, width, training size (F8 of Pearce et al. 2023)."""

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import classes
from papers.pearce2023.analysis.classes import CLASSES
from papers.pearce2023.tables import sweeps
from papers.pearce2023.tables.seeds_summary import share
from reprise.results import Inputs
from reprise.stats.intervals import frame, means

AXES = {
    "weight_decay": "optimizer.weight_decay",
    "hidden": "model.hidden",
    "train_size": "task.train_size",
}
NARROW = 64
"""Up to this width the article's networks learn nothing with a weight decay of 1."""


def models(inputs: Inputs) -> pd.DataFrame:
    """One row per trained model: the axes, ``seed``, extremes of the losses (nats), ``class``."""
    return sweeps.outcomes(inputs.runs.values(), AXES)


def cells(inputs: Inputs) -> pd.DataFrame:
    """Class counts of the 125 published cells beside ours, as ``sweeps.cells``, and ``cell``."""
    (table,), (reference,) = inputs.tables.values(), inputs.reference.values()
    counts = sweeps.cells(table, reference, list(AXES))
    return counts.assign(cell=range(len(counts)))


def curves(inputs: Inputs) -> pd.DataFrame:
    """Losses of the example cells of param ``cells`` [[weight_decay, hidden, train_size], ...].

    ``cell``, the three axes, ``seed``, ``class``, ``step``, ``train_loss``, ``test_loss`` (nats).
    Cells that were not run are left out.
    """
    parts = []
    for result in inputs.runs.values():
        table = sweeps.outcomes([result], AXES).set_index([*AXES, "seed"])["class"]
        metrics = result.metrics[["member", "step", "train_loss", "test_loss"]]
        axes = {name: sweeps.axis(result, path) for name, path in {**AXES, "seed": "seed"}.items()}
        members = pd.DataFrame(axes, index=result.members.index).rename_axis("member")
        members = members.join(table, on=[*AXES, "seed"]).reset_index()
        for number, cell in enumerate(inputs.params["cells"]):
            chosen = members[(members[list(AXES)] == cell).all(axis=1)]
            parts.append(chosen.assign(cell=number).merge(metrics, on="member"))
    columns = ["cell", *AXES, "seed", "class", "step", "train_loss", "test_loss"]
    return pd.concat(parts)[columns].sort_values(["cell", "seed", "step"], ignore_index=True)


def marginals(inputs: Inputs) -> pd.DataFrame:
    """Class shares along each axis over the cells that were run, ours beside the published ones.

    ``axis``, ``level``, ``cells``, ``ours_M`` ... ``published_N`` (shares; every cell weighs the
    same) and ``total_variation`` between the two. The axis ``all`` has one level, 0.
    """
    (table,) = inputs.tables.values()
    tested = table[table["tested"]]
    groups = [("all", 0.0, tested)]
    for axis in AXES:
        groups += [(axis, float(level), group) for level, group in tested.groupby(axis)]
    rows = []
    for axis, level, group in groups:
        ours = sweeps.shares(group, sweeps.OURS)
        published = sweeps.shares(group, sweeps.PUBLISHED)
        distance = classes.total_variation(ours, published)
        rows.append((axis, level, len(group), *ours, *published, distance))
    names = ["axis", "level", "cells", *sweeps.OURS, *sweeps.PUBLISHED, "total_variation"]
    return pd.DataFrame(rows, columns=names)


def thresholds(inputs: Inputs) -> pd.DataFrame:
    """Class shares at other thresholds: ``min_loss``, ``ratio``, ``ours_M`` ... ``published_N``.

    Ours are over the ``cells`` that were run, every cell weighing the same; the published ones are
    over all 125 cells, as they are not known cell by cell.
    """
    (table,), (reference,) = inputs.tables.values(), inputs.reference.values()
    rows = []
    for row in reference.to_dict("records"):
        labelled = table.assign(outcome=classes.classify(table, row["min_loss"], row["ratio"]))
        cells = classes.counts(labelled, list(AXES), "outcome")
        counts = np.array([row[name] for name in CLASSES], float)
        ours = sweeps.shares(cells, CLASSES)
        rows.append((row["min_loss"], row["ratio"], len(cells), *ours, *(counts / counts.sum())))
    return pd.DataFrame(
        rows, columns=["min_loss", "ratio", "cells", *sweeps.OURS, *sweeps.PUBLISHED]
    )


def medians(inputs: Inputs) -> pd.DataFrame:
    """Median extremes per weight decay and width at one training size (param ``train_size``).

    ``weight_decay``, ``hidden``, ``quantity``, ``ours``, ``published`` and ``factor``, their
    quotient; cells that were not run are left out.
    """
    (table,), (reference,) = inputs.tables.values(), inputs.reference.values()
    by, names = ["weight_decay", "hidden"], ["min_train_loss", "min_test_loss", "max_ratio"]
    chosen = table[table["train_size"] == inputs.params["train_size"]]
    ours = chosen.groupby(by)[names].median().reset_index().melt(by, names, "quantity", "ours")
    published = reference.melt(by, names, "quantity", "published")
    both = ours.merge(published, on=[*by, "quantity"]).sort_values([*by, "quantity"])
    return both.assign(factor=both["ours"] / both["published"]).reset_index(drop=True)


def sweep_summary(inputs: Inputs) -> pd.DataFrame:
    """Long form ``quantity``, ``value``, ``low``, ``high``, ``networks`` for the claims on F8.

    Tables: ``models`` then ``cells``. ``total_variation``: between our class shares and the
    article's over the cells that were run, at the weight decay where it is largest; its 95 %
    interval resamples cells, the largest inside. ``learned``: the share with a low train loss at
    weight decay 0.1. ``no_learning_inside`` and ``no_learning_elsewhere``: the share of networks
    that learn nothing at weight decay 1 up to width 64, and of all others, with exact intervals.
    """
    table, counted = inputs.tables.values()
    tested = counted[counted["tested"]]
    distances = []
    for number, (_, group) in enumerate(tested.groupby("weight_decay")):
        differences = sweeps.cell_shares(group, sweeps.OURS)
        differences = differences - sweeps.cell_shares(group, sweeps.PUBLISHED)
        distances.append(np.abs(means(differences, seed=number)).sum(axis=1) / 2)
    decayed = tested[tested["weight_decay"] == 0.1]
    fitted = 1 - sweeps.shares(decayed, sweeps.OURS)[CLASSES.index("N")]
    rows = {("total_variation",): np.max(distances, axis=0), ("learned",): fitted}
    inside = (table["weight_decay"] == 1) & (table["hidden"] <= NARROW)
    nothing = table["class"] == "N"
    counted_rows = [
        (name, *share(nothing[where]), int(where.sum()))
        for name, where in (("no_learning_inside", inside), ("no_learning_elsewhere", ~inside))
    ]
    whole = frame(rows, ["quantity"]).assign(networks=len(table))
    return pd.concat([whole, pd.DataFrame(counted_rows, columns=whole.columns)], ignore_index=True)


def sweep_seeds(inputs: Inputs) -> pd.DataFrame:
    """Trends of the sweep, one row per quantity and training ``seed``: ``value``.

    Table: ``models``, of which the cells that every seed has are compared. ``interior_minimum_M``:
    by how much the memorising share at the smaller end of the weight decays exceeds its lowest
    value in between; ``smallest_rise_K``: the smallest change of the grokking share from one width
    to the next; ``rise_K``: the change from the narrowest to the widest. NaN where too few levels
    were run.
    """
    (table,) = inputs.tables.values()
    seeds = table["seed"].nunique()
    whole = table.groupby(list(AXES))["seed"].transform("nunique") == seeds
    rows = [
        (quantity, int(str(seed)), value)
        for seed, own in table[whole].groupby("seed")
        for quantity, value in _trends(own).items()
    ]
    return pd.DataFrame(rows, columns=["quantity", "seed", "value"])


def _trends(own: pd.DataFrame) -> dict[str, float]:
    """What ``sweep_seeds`` tells of one seed; every cell has one network."""
    memorised = (own["class"] == "M").groupby(own["weight_decay"]).mean().to_numpy()
    steps = np.diff((own["class"] == "K").groupby(own["hidden"]).mean())
    return {
        "interior_minimum_M": _interior_minimum(memorised),
        "smallest_rise_K": float(steps.min()) if len(steps) else np.nan,
        "rise_K": float(steps.sum()) if len(steps) else np.nan,
    }


def _interior_minimum(values: np.ndarray) -> float:
    """How far the lower end lies above the lowest value in between; NaN for fewer than three."""
    return float(min(values[0], values[-1]) - values[1:-1].min()) if len(values) > 2 else np.nan

"""Tables of the parity sweep: weight decay, width, training size (F8 of Pearce et al. 2023)."""

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import classes
from papers.pearce2023.analysis.classes import CLASSES
from papers.pearce2023.tables import sweeps
from reprise.results import Inputs

AXES = {
    "weight_decay": "optimizer.weight_decay",
    "hidden": "model.hidden",
    "train_size": "task.train_size",
}
NARROW = 64
"""Widths up to this one are the subset for which the agreement threshold was set."""


def models(inputs: Inputs) -> pd.DataFrame:
    """One row per trained model: the axes, ``seed``, extremes of the losses (nats), ``class``."""
    return sweeps.outcomes(inputs.runs.values(), AXES)


def cells(inputs: Inputs) -> pd.DataFrame:
    """Class counts of the 125 published cells beside ours, as ``sweeps.cells``, and ``narrow``."""
    (table,), (reference,) = inputs.tables.values(), inputs.reference.values()
    counts = sweeps.cells(table, reference, list(AXES))
    return counts.assign(narrow=counts["hidden"] <= NARROW)


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
    """Long form ``quantity``, ``level``, ``value`` for the claims on F8.

    Tables: ``cells`` then ``marginals``. Quantities: ``total_variation`` per weight decay;
    ``interior_minimum_M``, by how much the memorising share at the smaller end of the weight decays
    exceeds its interior minimum; ``no_learning_elsewhere`` and ``no_learning_inside``, groups
    (weight decay, width) led by "no learning" outside and inside wd = 1, h <= 64 (the latter as a
    share of all inside); ``smallest_rise_K``, the smallest change of the grokking share from one
    width to the next among the widths with the most cells; ``rise_K``, the change from the
    narrowest to the widest of these; ``learned``, the share with a low train loss at wd = .1.
    """
    table, shares = inputs.tables.values()
    decay = shares[shares["axis"] == "weight_decay"]
    rows = [("total_variation", row.level, row.total_variation) for row in decay.itertuples()]
    memorised = decay["ours_M"].to_numpy()
    rows.append(("interior_minimum_M", 0.0, _interior_minimum(memorised)))
    rows += _no_learning(table[table["tested"]])
    cells = table[table["tested"]].groupby("hidden").size()
    complete = cells.index[cells == cells.max()]
    by_width = shares[(shares["axis"] == "hidden") & shares["level"].isin(complete)]
    steps = np.diff(by_width["ours_K"].to_numpy())
    rows.append(("smallest_rise_K", 0.0, steps.min() if len(steps) else np.nan))
    rows.append(("rise_K", 0.0, steps.sum() if len(steps) else np.nan))
    fitted = 1 - decay.loc[decay["level"] == 0.1, "ours_N"]
    rows.append(("learned", 0.1, fitted.iloc[0] if len(fitted) else np.nan))
    return pd.DataFrame(rows, columns=["quantity", "level", "value"])


def _interior_minimum(values: np.ndarray) -> float:
    """How far the lower end lies above the lowest value in between; NaN for fewer than three."""
    return float(min(values[0], values[-1]) - values[1:-1].min()) if len(values) > 2 else np.nan


def _no_learning(tested: pd.DataFrame) -> list[tuple[str, float, float]]:
    groups = tested.groupby(["weight_decay", "hidden"])
    led = {key: sweeps.shares(group, sweeps.OURS).argmax() == 3 for key, group in groups}
    inside = [value for (decay, hidden), value in led.items() if decay == 1 and hidden <= NARROW]
    outside = [value for key, value in led.items() if not (key[0] == 1 and key[1] <= NARROW)]
    return [
        ("no_learning_elsewhere", 0.0, float(sum(outside))),
        ("no_learning_inside", 0.0, float(np.mean(inside)) if inside else np.nan),
    ]

"""Tables of the architecture sweep: which matrices are tied or left out (F21, Pearce et al.)."""

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import classes
from papers.pearce2023.analysis.classes import CLASSES
from papers.pearce2023.tables import sweeps
from papers.pearce2023.tables.sweeps import OURS, PUBLISHED
from reprise.results import Inputs, RunResult

BOX = ["tied_embed", "tied_in_projection", "collapsed_in", "collapsed_out"]
CELL = ["width", "learning_rate", "strength"]
AXES = {
    **{name: f"model.{name}" for name in BOX},
    "width": "model.hidden",
    "learning_rate": "optimizer.learning_rate",
    "weight_decay": "optimizer.weight_decay",
    "l1": "optimizer.l1",
}
SHOWN_STEPS = 200
"""Rows per example curve at most."""


def models(inputs: Inputs) -> pd.DataFrame:
    """One row per model and box: ``regularization`` (L2, L1), box, cell, seed, extremes, class.

    Without in-projection (``collapsed_in``) there is nothing to tie, so the boxes of both values of
    ``tied_in_projection`` are the same network: one training is listed in both, the second time
    with ``repeated``. ``strength`` is the weight decay or the L1 factor; losses are in the
    units of the run. ``generalised`` is true for the classes K and G.
    """
    table = _with_strength(sweeps.outcomes(inputs.runs.values(), AXES))
    table = table[table["tied_in_projection"] | ~table["collapsed_in"]]
    again = table[table["collapsed_in"]].assign(tied_in_projection=False, repeated=True)
    both = pd.concat([table.assign(repeated=False), again])
    both["generalised"] = both["class"].isin(["K", "G"])
    keys = ["regularization", *BOX, *CELL, "seed"]
    extremes = ["min_train_loss", "min_test_loss", "max_ratio"]
    columns = [*keys, "repeated", *extremes, "class", "generalised"]
    order = [False] * 3 + [True] * 6
    return both.sort_values(keys, ascending=order, ignore_index=True)[columns]


def cells(inputs: Inputs) -> pd.DataFrame:
    """Class counts of the forty cells whose published counts are known, as ``sweeps.cells``."""
    (table,), (reference,) = inputs.tables.values(), inputs.reference.values()
    return sweeps.cells(table, reference, ["regularization", *BOX, *CELL])


def boxes(inputs: Inputs) -> pd.DataFrame:
    """One row per regularization and box: class shares, ours over the cells run beside published.

    ``tested``, ``cells``, ``models``, ``ours_M`` ... ``ours_N`` (every cell weighing the same; zero
    where not tested) and ``published_M`` ... ``published_N``, over all published models: more
    widths, learning rates and penalties than ours at the smaller scales. Table: ``models``.
    Reference: the file of box counts, of which v2 (L2) and v4 (L1) are used.
    """
    (table,), (reference,) = inputs.tables.values(), inputs.reference.values()
    rows = []
    for box in reference[reference["sweep"].isin(["v2", "v4"])].to_dict("records"):
        key = ["regularization", *BOX]
        box_models = table[(table[key] == [box[name] for name in key]).all(axis=1)]
        cells = classes.counts(box_models, CELL) if len(box_models) else box_models
        ours = sweeps.shares(cells, CLASSES) if len(box_models) else np.zeros(len(CLASSES))
        published = np.array([box[name] for name in CLASSES], float)
        counts = (len(box_models) > 0, len(cells), len(box_models))
        rows.append((*(box[k] for k in key), *counts, *ours, *(published / published.sum())))
    head = ["regularization", *BOX, "tested", "cells", "models"]
    return pd.DataFrame(rows, columns=[*head, *OURS, *PUBLISHED])


def curves(inputs: Inputs) -> pd.DataFrame:
    """Losses of the first seed of every box in the first cell that was run, once per network.

    ``regularization``, box, cell, ``seed``, ``step``, ``train_loss``, ``test_loss``.
    """
    parts = []
    for result in inputs.runs.values():
        members = _with_strength(_members(result)).reset_index(names="member")
        first = members.drop_duplicates(["regularization", *BOX])
        step = max(1, -(-(result.spec.steps // result.spec.log_every) // SHOWN_STEPS))
        metrics = result.metrics[["member", "step", "train_loss", "test_loss"]]
        thin = metrics[metrics["step"] % (step * result.spec.log_every) == 0]
        parts.append(first.merge(thin, on="member"))
    columns = ["regularization", *BOX, *CELL, "seed", "step", "train_loss", "test_loss"]
    joined = pd.concat(parts)[columns].drop_duplicates(["regularization", *BOX, "step"])
    order = [False] * 3 + [True] * 3
    return joined.sort_values(["regularization", *BOX, "step"], ascending=order, ignore_index=True)


def architecture_summary(inputs: Inputs) -> pd.DataFrame:
    """Long form ``quantity``, ``regularization``, ``group``, ``value`` for the claims on F21.

    Table: ``boxes``. Per group of embedding and in-projection: ``nothing_collapsed``, the share of
    models that generalise (K or G) with all matrices, and ``nothing_collapsed_lead``, how far it
    lies above the best other box of the group. Averaged over in-projections, for either embedding:
    ``collapsed_in_lead`` (tied) or ``collapsed_out_lead`` (untied), the share of that box less the
    share of the other. Over all boxes: ``both_collapsed``, the share that generalises with both
    sides collapsed, and ``learned``, the share with a low train loss (not N) in the main network's
    box. Boxes that were not run leave their quantities out.
    """
    (table,) = inputs.tables.values()
    table = table[table["tested"]].assign(share=lambda t: t["ours_K"] + t["ours_G"])
    rows: list[tuple[str, str, str, float]] = []
    for kind, block in table.groupby("regularization"):
        shares = block.set_index(BOX)["share"]
        rows += [(name, str(kind), group, value) for name, group, value in _leads(shares)]
        both = block.loc[block["collapsed_in"] & block["collapsed_out"], "share"]
        main = block[block[BOX].eq([True, True, False, False]).all(axis=1)]
        if len(both):
            rows.append(("both_collapsed", str(kind), "all", float(both.mean())))
        if len(main):
            rows.append(("learned", str(kind), "main network", 1 - float(main["ours_N"].iloc[0])))
    return pd.DataFrame(rows, columns=["quantity", "regularization", "group", "value"])


def _leads(shares: pd.Series) -> list[tuple[str, str, float]]:
    rows = []
    embeds = shares.groupby(["tied_embed", "collapsed_in", "collapsed_out"]).mean()
    for group, boxes in shares.groupby(["tied_embed", "tied_in_projection"]):
        if len(boxes) < 4:
            continue
        name = " embed, ".join("tied" if tied else "untied" for tied in group) + " in-projection"
        rest = boxes.drop((*group, False, False))
        whole = float(boxes.loc[(*group, False, False)])
        rows.append(("nothing_collapsed", name, whole))
        rows.append(("nothing_collapsed_lead", name, whole - float(rest.max())))
    for tied in (True, False):
        if len(shares.loc[tied] if tied in shares.index.get_level_values(0) else []) < 8:
            continue
        lead = float(embeds.loc[(tied, True, False)] - embeds.loc[(tied, False, True)])
        if tied:
            rows.append(("collapsed_in_lead", "tied embed", lead))
        else:
            rows.append(("collapsed_out_lead", "untied embed", 0.0 - lead))
    return rows


def _members(result: RunResult) -> pd.DataFrame:
    values = {name: sweeps.axis(result, path) for name, path in {**AXES, "seed": "seed"}.items()}
    return pd.DataFrame(values, index=result.members.index)


def _with_strength(table: pd.DataFrame) -> pd.DataFrame:
    """Name the regularization of each row: L1 where its factor is above 0, else L2."""
    lasso = table["l1"] > 0
    return table.assign(
        regularization=np.where(lasso, "L1", "L2"),
        strength=np.where(lasso, table["l1"], table["weight_decay"]),
    )

"""Tables of the architecture sweep: which matrices are tied or left out (F21, Pearce et al.)."""

import itertools

import numpy as np
import pandas as pd

from papers.pearce2023.analysis.classes import CLASSES
from papers.pearce2023.tables import sweeps
from papers.pearce2023.tables.sweeps import OURS, PUBLISHED
from reprise.results import Inputs, RunResult
from reprise.stats.intervals import RESAMPLES, frame

BOX = ["tied_embed", "tied_in_projection", "collapsed_in", "collapsed_out"]
CELL = ["width", "learning_rate", "strength"]
BOTH = (True, False)
GROUPS = VARIANTS = list(itertools.product(BOTH, BOTH))
"""Values of the first two and of the last two names of ``BOX``."""
BOXES = [(*group, *variant) for group in GROUPS for variant in VARIANTS]
MAIN = (True, True, False, False)
"""The box of the main network."""
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
    units of the run. ``generalised`` is true for the classes K and G, ``both_collapsed`` where
    neither side has a matrix of its own; ``network`` numbers the rows.
    """
    table = _with_strength(sweeps.outcomes(inputs.runs.values(), AXES))
    table = table[table["tied_in_projection"] | ~table["collapsed_in"]]
    again = table[table["collapsed_in"]].assign(tied_in_projection=False, repeated=True)
    both = pd.concat([table.assign(repeated=False), again])
    both["generalised"] = both["class"].isin(["K", "G"])
    keys = ["regularization", *BOX, *CELL, "seed"]
    extremes = ["min_train_loss", "min_test_loss", "max_ratio"]
    both["both_collapsed"] = both["collapsed_in"] & both["collapsed_out"]
    order = [False] * 3 + [True] * 6
    both = both.sort_values(keys, ascending=order, ignore_index=True)
    columns = [*keys, "repeated", *extremes, "class", "generalised", "both_collapsed", "network"]
    return both.assign(network=range(len(both)))[columns]


def boxes(inputs: Inputs) -> pd.DataFrame:
    """One row per regularization and box: class shares over the cells run, ours and published.

    ``tested``, ``cells``, ``models``, ``published_models``, ``ours_M`` ... ``ours_N`` (every cell
    weighing the same; zero where not tested) and ``published_M`` ... ``published_N`` over the same
    cells; where none was run, over all. Table: ``models``. Reference: counts of published cells.
    """
    (table,), (reference,) = inputs.tables.values(), inputs.reference.values()
    counted = sweeps.cells(table, reference, ["regularization", *BOX, *CELL])
    rows = []
    for box, every in counted.groupby(["regularization", *BOX], sort=False):
        own = every[every["tested"]]
        known = own if len(own) else every
        ours = sweeps.shares(own, OURS) if len(own) else np.zeros(len(CLASSES))
        models, published = int(own[OURS].to_numpy().sum()), int(known[PUBLISHED].to_numpy().sum())
        counts = (len(own) > 0, len(own), models, published)
        rows.append((*box, *counts, *ours, *sweeps.shares(known, PUBLISHED)))
    head = ["regularization", *BOX, "tested", "cells", "models", "published_models"]
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
    """Long form ``quantity``, ``regularization``, ``value``, ``low``, ``high``, ``networks`` (F21).

    Table: ``models``. A share is that of the networks that generalise (K or G), and a group one
    embedding with one in-projection. ``nothing_collapsed``: the share with all matrices, in the
    group where it is smallest; ``nothing_collapsed_lead``: how far it lies above the best other box
    of its group, where that is least. Averaged over in-projections: ``collapsed_in_lead``, the
    share with the in side collapsed less that with the out side collapsed, for a tied embedding;
    ``collapsed_out_lead``: the reverse, for an untied one. ``learned``: the share of the main
    network's box with a low train loss (not N); ``collapsed_learned``: that of networks with both
    sides collapsed and an untied embedding. Intervals of 95 % draw the share of every box from
    its Jeffreys posterior, so that a few networks that agree do not make one too narrow.
    Quantities of boxes that were not run are left out.
    """
    (table,) = inputs.tables.values()
    parts = []
    for kind, models in table.groupby("regularization"):
        found = {(name,): values for name, values in _quantities(models).items()}
        networks = int((~models["repeated"]).sum())
        parts.append(frame(found, ["quantity"]).assign(regularization=kind, networks=networks))
    columns = ["quantity", "regularization", "value", "low", "high", "networks"]
    return pd.concat(parts, ignore_index=True)[columns]


def _quantities(models: pd.DataFrame) -> dict[str, np.ndarray | float]:
    trained = models[~models["repeated"]].groupby(BOX)["generalised"].agg(["sum", "count"])
    fitted = (models["class"] != "N").groupby([models[name] for name in BOX]).mean()
    found: dict[str, np.ndarray | float] = {}
    if set(BOXES) <= set(fitted.index):
        found |= _leads(trained)
    if MAIN in fitted.index:
        found["learned"] = float(fitted[MAIN])
    both = [(False, tied, True, True) for tied in (True, False)]
    if set(both) <= set(fitted.index):
        found["collapsed_learned"] = float(fitted[both].mean())
    return found


def _leads(trained: pd.DataFrame) -> dict[str, np.ndarray | float]:
    """Shares and leads, then draws of them, from the ``sum`` that generalise of ``count`` a box."""
    hits, count = trained["sum"].to_numpy(), trained["count"].to_numpy()
    draws = np.random.default_rng(0).beta(hits + 0.5, count - hits + 0.5, (RESAMPLES, len(hits)))
    drawn = dict(zip(trained.index, np.vstack([hits / count, draws]).T, strict=True))
    # Without an in-projection the boxes of both of its values are the same networks.
    of = {box: drawn[box] if box in drawn else drawn[box[0], not box[1], *box[2:]] for box in BOXES}
    whole = [of[(*group, False, False)] for group in GROUPS]
    others = [[of[(*group, *rest)] for rest in VARIANTS if any(rest)] for group in GROUPS]
    leads = [own - max(rest, key=_observed) for own, rest in zip(whole, others, strict=True)]
    gained = {
        embed: sum(of[(embed, tied, True, False)] - of[(embed, tied, False, True)] for tied in BOTH)
        for embed in BOTH
    }
    return {
        "nothing_collapsed": min(whole, key=_observed),
        "nothing_collapsed_lead": min(leads, key=_observed),
        "collapsed_in_lead": gained[True] / 2,
        "collapsed_out_lead": -gained[False] / 2,
    }


def _observed(values: np.ndarray) -> float:
    """The extreme one of several is told by what was seen; the least of noisy draws is too low."""
    return float(values[0])


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

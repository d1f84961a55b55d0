"""The architecture sweep on made-up runs: mirrored boxes, shares, leads and the figure."""

import itertools
from importlib import resources

import pandas as pd
import pytest
import sweep_runs

from reprise.papers.pearce2023.figures import architecture as figures
from reprise.papers.pearce2023.tables import architecture as sweep
from reprise.plotting import theme
from reprise.plotting.render import render
from reprise.results import Inputs

SPEC = {
    "task": {
        "name": "modular_addition",
        "modulus": 113,
        "train_fraction": 0.3,
        "ordered": True,
        "loss_scale": "sum",
    },
    "model": {"name": "modular_mlp", "embed": 32, "hidden": 32},
    "optimizer": {"name": "adamw", "learning_rate": 0.01, "weight_decay": 0.3},
    "steps": 20,
    "log_every": 10,
}


def published(name):
    folder = resources.files("reprise.papers.pearce2023") / "reference"
    return pd.read_csv(str(folder / f"architecture_{name}.csv"))


def outcome(tied_embed, collapsed_out, tied_in_projection=True, collapsed_in=False, seed=0):
    """All matrices: groks, but half of the fully untied; in collapsed: only if tied; out: half."""
    if collapsed_in and collapsed_out:
        return "N" if tied_embed else "M"
    if collapsed_in:
        return "G" if tied_embed else "M"
    if collapsed_out:
        return ["K", "M"][seed]
    return ["K", "M"][seed] if not (tied_embed or tied_in_projection) else "K"


@pytest.fixture(scope="module")
def runs():
    both = [True, False]
    free = {
        "model.tied_embed": both,
        "model.tied_in_projection": both,
        "model.collapsed_out": both,
        "seed": [0, 1],
    }
    collapsed = {
        "model.collapsed_in": [True],
        "model.tied_embed": both,
        "model.collapsed_out": both,
        "seed": [0, 1],
    }
    return {
        "free": sweep_runs.run(SPEC, free, outcome),
        "collapsed": sweep_runs.run(SPEC, collapsed, outcome),
    }


@pytest.fixture(scope="module")
def tables(runs):
    models = sweep.models(Inputs(runs=runs))
    cells = sweep.cells(Inputs(tables={"models": models}, reference={"cells": published("cells")}))
    boxes = sweep.boxes(Inputs(tables={"cells": cells}, reference={"boxes": published("boxes")}))
    return {
        "architecture_models": models,
        "architecture_cells": cells,
        "architecture_boxes": boxes,
        "architecture_summary": sweep.summary(Inputs(tables={"boxes": boxes})),
        "architecture_curves": sweep.curves(Inputs(runs=runs)),
    }


def test_networks_without_in_projection_stand_in_both_boxes(tables):
    models = tables["architecture_models"]
    assert len(models) == 16 * 2 and models["repeated"].sum() == 4 * 2
    assert models.groupby(sweep.BOX).size().tolist() == [2] * 16
    collapsed = models[models["collapsed_in"]].drop(columns="repeated")
    tied, untied = (
        collapsed[collapsed["tied_in_projection"] == value].drop(columns="tied_in_projection")
        for value in (True, False)
    )
    pd.testing.assert_frame_equal(tied.reset_index(drop=True), untied.reset_index(drop=True))
    assert (models["regularization"] == "L2").all() and (models["strength"] == 0.3).all()


def test_an_l1_factor_names_the_regularization():
    spec = SPEC | {"optimizer": {"name": "adamw", "learning_rate": 0.01}}
    axes = {"optimizer.l1": [1e-7, 1e-9], "seed": [0]}
    models = sweep.models(Inputs(runs={"l1": sweep_runs.run(spec, axes, lambda **_: "K")}))
    assert models["regularization"].tolist() == ["L1", "L1"]
    assert sorted(models["strength"]) == [1e-9, 1e-7]


def test_cells_are_those_of_the_published_sweep(tables):
    cells = tables["architecture_cells"]
    assert len(cells) == 2397 and cells["tested"].sum() == 16
    tested = cells[cells["tested"]].set_index(sweep.BOX)
    # Published at width 32, lr .01, wd .3, nothing collapsed: all 9 together. Ours grok.
    row = tested.loc[(True, True, False, False)]
    assert row[["published_M", "published_K", "published_G", "published_N"]].tolist() == [
        0,
        0,
        9,
        0,
    ]
    assert row["ours_majority"] == "K" and not row["agree"]
    assert tested.loc[(True, False, True, True), "agree"]


def test_boxes_compare_the_same_cells(tables):
    boxes = tables["architecture_boxes"].set_index(["regularization", *sweep.BOX])
    assert len(boxes) == 32 and boxes["tested"].sum() == 16
    row = boxes.loc[("L2", True, True, False, True)]
    assert row["cells"] == 1 and row["models"] == 2
    assert row["ours_K"] == 0.5 and row["ours_M"] == 0.5
    # All published cells of this box: 406 / 223 / 18 / 27 of 674.
    assert row["all_K"] == pytest.approx(223 / 674)
    assert boxes.loc[("L1", True, True, False, True), "ours_K"] == 0


def test_summary_orders_the_boxes(tables):
    table = tables["architecture_summary"].set_index(["quantity", "group"])["value"]
    whole, lead = table["nothing_collapsed"], table["nothing_collapsed_lead"]
    assert whole["untied embed, untied in-projection"] == 0.5
    assert whole.drop("untied embed, untied in-projection").tolist() == [1, 1, 1]
    assert lead["tied embed, untied in-projection"] == 0
    assert lead["untied embed, tied in-projection"] == 0.5
    assert lead["untied embed, untied in-projection"] == 0
    assert table["both_collapsed", "all"] == 0
    assert table["collapsed_in_lead", "tied embed"] == 0.5
    assert table["collapsed_out_lead", "untied embed"] == 0.5
    assert table["learned", "main network"] == 1


def test_summary_leaves_out_what_was_not_run(runs):
    models = sweep.models(Inputs(runs={"collapsed": runs["collapsed"]}))
    cells = sweep.cells(Inputs(tables={"models": models}, reference={"cells": published("cells")}))
    boxes = sweep.boxes(Inputs(tables={"cells": cells}, reference={"boxes": published("boxes")}))
    table = sweep.summary(Inputs(tables={"boxes": boxes}))
    assert table["quantity"].tolist() == ["both_collapsed"]


def test_curves_hold_one_seed_of_every_network(tables):
    curves = tables["architecture_curves"]
    assert len(curves) == 12 * 3 and (curves["seed"] == 0).all()


def test_orderings_hold_in_the_published_subset():
    """The claims' thresholds are met by the published counts at widths 32, 64 and two rates."""
    cells = published("cells")
    subset = cells[cells["width"].isin([32, 64]) & cells["learning_rate"].isin([1e-2, 1e-3])]
    models = subset.melt(
        ["regularization", *sweep.BOX, *sweep.CELL], list("MKGN"), "class", "count"
    )
    models = models.loc[models.index.repeat(models["count"])]
    inputs = Inputs(tables={"models": models}, reference={"cells": cells})
    boxes = sweep.boxes(
        Inputs(tables={"cells": sweep.cells(inputs)}, reference={"boxes": published("boxes")})
    )
    table = sweep.summary(Inputs(tables={"boxes": boxes})).query("regularization == 'L2'")
    found = table.set_index("quantity")["value"]
    assert sorted(found["nothing_collapsed"].round(2)) == [0.54, 0.78, 0.81, 0.96]
    assert (found["nothing_collapsed_lead"] > 0).all()
    assert found["both_collapsed"] <= 0.03
    # .66 - .41 and .20 - .13
    assert found["collapsed_in_lead"] == pytest.approx(0.25, abs=0.01)
    assert found["collapsed_out_lead"] == pytest.approx(0.07, abs=0.01)


def test_reference_boxes_are_the_published_ones():
    boxes = published("boxes")
    assert boxes.groupby("sweep")[list("MKGN")].sum().sum(axis=1).to_dict() == {
        "v2": 10840,
        "v3": 10815,
        "v4": 10833,
    }
    for _, group in boxes.groupby("sweep"):
        assert len(group) == 16 and not group.duplicated(sweep.BOX).any()
    cells = published("cells")
    key = ["regularization", *sweep.BOX]
    totals = boxes[boxes["sweep"].isin(["v2", "v4"])].set_index(key)[list("MKGN")].sort_index()
    pd.testing.assert_frame_equal(cells.groupby(key)[list("MKGN")].sum(), totals)
    assert set(itertools.product(*[[True, False]] * 4)) == set(
        boxes[sweep.BOX].itertuples(index=False, name=None)
    )


def test_figure_renders(tables):
    with theme.apply():
        made = render(figures.sweep(tables), "test")
    assert made["svg"].startswith(b"<?xml") and len(made["png"]) > 5000

"""The architecture sweep on made-up runs: mirrored boxes, shares and leads."""

import itertools
from importlib import resources

import pandas as pd
import pytest
import sweep_runs

from papers.pearce2023.tables import architecture as sweep
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
    folder = resources.files("papers.pearce2023") / "reference"
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


def cells_of(models):
    return sweep.cells(Inputs(tables={"models": models}, reference={"cells": published("subset")}))


@pytest.fixture(scope="module")
def tables(runs):
    models = sweep.models(Inputs(runs=runs))
    boxes = sweep.boxes(Inputs(tables={"models": models}, reference={"boxes": published("boxes")}))
    return {
        "architecture_models": models,
        "architecture_cells": cells_of(models),
        "architecture_boxes": boxes,
        "architecture_summary": sweep.architecture_summary(Inputs(tables={"models": models})),
        "architecture_curves": sweep.curves(Inputs(runs=runs)),
    }


def test_networks_without_in_projection_stand_in_both_boxes(tables):
    models = tables["architecture_models"]
    assert len(models) == 16 * 2 and models["repeated"].sum() == 4 * 2
    assert models.groupby(sweep.BOX).size().tolist() == [2] * 16
    collapsed = models[models["collapsed_in"]].drop(columns=["repeated", "network"])
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


def test_cells_are_the_forty_whose_published_counts_are_known(tables):
    cells = tables["architecture_cells"]
    assert len(cells) == 40 and cells["tested"].sum() == 1
    # Published at width 32, lr 0.01, wd 0.3, nothing collapsed: all 9 together. Ours grok.
    row = cells[cells["tested"]].iloc[0]
    assert row[[*sweep.BOX, *sweep.CELL]].tolist() == [True, True, False, False, 32, 0.01, 0.3]
    assert row[sweep.PUBLISHED].tolist() == [0, 0, 9, 0] and row["published_majority"] == "G"
    assert row["ours_K"] == 2 and row["ours_majority"] == "K" and not row["agree"]


def test_cells_with_the_published_outcomes_agree_with_them():
    cells = published("subset")
    models = cells.melt(["regularization", *sweep.BOX, *sweep.CELL], list("MKGN"), "class", "count")
    found = cells_of(models.loc[models.index.repeat(models["count"])])
    assert found["tested"].all() and found["agree"].all()
    assert (found[sweep.OURS].to_numpy() == found[sweep.PUBLISHED].to_numpy()).all()


def test_boxes_stand_beside_all_published_models(tables):
    boxes = tables["architecture_boxes"].set_index(["regularization", *sweep.BOX])
    assert len(boxes) == 32 and boxes["tested"].sum() == 16
    row = boxes.loc[("L2", True, True, False, True)]
    assert row["cells"] == 1 and row["models"] == 2
    assert row["ours_K"] == 0.5 and row["ours_M"] == 0.5
    # All published models of this box: 406 / 223 / 18 / 27 of 674.
    assert row["published_K"] == pytest.approx(223 / 674)
    assert boxes.loc[("L1", True, True, False, True), "ours_K"] == 0
    # L1 is set beside the file whose losses are means: 429 / 119 / 127 / 0.
    assert boxes.loc[("L1", True, True, False, True), "published_G"] == pytest.approx(127 / 675)


def test_every_cell_of_a_box_weighs_the_same(tables):
    models = tables["architecture_models"]
    main = models[models[sweep.BOX].eq([True, True, False, False]).all(axis=1)]
    # One cell: two grok. Another: one of three memorises, none generalises.
    other = main.iloc[[0] * 3].assign(strength=1.0)
    other["class"] = ["M", "N", "N"]
    inputs = Inputs(
        tables={"models": pd.concat([main, other])}, reference={"boxes": published("boxes")}
    )
    boxes = sweep.boxes(inputs).set_index(["regularization", *sweep.BOX])
    row = boxes.loc[("L2", True, True, False, False)]
    assert row["cells"] == 2 and row["models"] == 5
    assert row[sweep.OURS].tolist() == pytest.approx([1 / 6, 1 / 2, 0, 1 / 3])


def test_summary_orders_the_boxes(tables):
    table = tables["architecture_summary"].set_index("quantity")
    found = table["value"].to_dict()
    assert found == {
        "nothing_collapsed": 0.5,  # of the fully untied group; 1 in the others
        "nothing_collapsed_lead": 0,
        "collapsed_in_lead": 0.5,
        "collapsed_out_lead": 0.5,
        "learned": 1,
        "collapsed_learned": 1,
    }
    assert (table["networks"] == 24).all() and table["low"].isna().all()  # one cell


def test_cells_are_resampled_for_all_boxes_at_once(tables):
    # In a second cell half as many networks of every box with the in side collapsed generalise.
    models = tables["architecture_models"]
    weaker = models.assign(strength=1.0)
    chosen = weaker["collapsed_in"] & ~weaker["collapsed_out"] & (weaker["seed"] == 0)
    weaker.loc[chosen, "generalised"] = False
    table = sweep.architecture_summary(Inputs(tables={"models": pd.concat([models, weaker])}))
    row = table.set_index("quantity").loc["collapsed_in_lead"]
    assert row[["value", "low", "high"]].tolist() == [0.25, 0, 0.5]


def test_networks_with_both_sides_collapsed_are_told_apart(tables):
    models = tables["architecture_models"]
    both = models[models["both_collapsed"] & ~models["repeated"]]
    assert len(both) == 4 and not both["generalised"].any() and both["network"].is_unique


def test_summary_leaves_out_what_was_not_run(runs):
    models = sweep.models(Inputs(runs={"collapsed": runs["collapsed"]}))
    table = sweep.architecture_summary(Inputs(tables={"models": models}))
    assert table["quantity"].tolist() == ["collapsed_learned"]


def test_curves_hold_one_seed_of_every_network(tables):
    curves = tables["architecture_curves"]
    assert len(curves) == 12 * 3 and (curves["seed"] == 0).all()


def test_summary_of_the_published_counts_orders_its_boxes():
    """The orderings that the claims ask for hold for the published box counts themselves."""
    boxes = published("boxes").query("sweep == 'v2'")
    models = boxes.melt(["regularization", *sweep.BOX], list("MKGN"), "class", "count")
    models = models.loc[models.index.repeat(models["count"])]
    models = models.assign(width=32, learning_rate=0.01, strength=0.3, repeated=False)
    models["generalised"] = models["class"].isin(["K", "G"])
    found = sweep.boxes(Inputs(tables={"models": models}, reference={"boxes": published("boxes")}))
    tested = found[found["tested"]]
    assert (tested[sweep.OURS].to_numpy() == tested[sweep.PUBLISHED].to_numpy()).all()
    summary = sweep.architecture_summary(Inputs(tables={"models": models}))
    table = summary.set_index("quantity")["value"]
    assert table["nothing_collapsed"] == pytest.approx(0.51, abs=0.005)
    assert table["nothing_collapsed_lead"] > 0
    assert table["collapsed_learned"] == pytest.approx(0.8, abs=0.005)
    # (0.44 + 0.45) / 2 - (0.36 + 0.32) / 2 and (0.22 + 0.25) / 2 - (0.06 + 0.07) / 2
    assert table["collapsed_in_lead"] == pytest.approx(0.105, abs=0.01)
    assert table["collapsed_out_lead"] == pytest.approx(0.17, abs=0.01)


def test_reference_boxes_are_the_published_ones():
    boxes = published("boxes")
    assert boxes.groupby("sweep")[list("MKGN")].sum().sum(axis=1).to_dict() == {
        "v2": 10840,
        "v3": 10815,
        "v4": 10832,
    }
    for _, group in boxes.groupby("sweep"):
        assert len(group) == 16 and not group.duplicated(sweep.BOX).any()
    assert set(itertools.product(*[[True, False]] * 4)) == set(
        boxes[sweep.BOX].itertuples(index=False, name=None)
    )


def test_reference_files_agree_with_each_other():
    boxes, rows = published("boxes").query("sweep == 'v2'"), published("marginals")
    for _, axis in rows.groupby("axis"):
        assert axis[list("MKGN")].sum().tolist() == boxes[list("MKGN")].sum().tolist()
    cells = published("subset")
    assert (cells[list("MKGN")].sum(axis=1) == 9).all()
    assert not cells.duplicated([*sweep.BOX, *sweep.CELL]).any()
    # The known cells of the main network are all of its subset, of which 0.96 generalise.
    main = cells[~cells["collapsed_in"] & ~cells["collapsed_out"]]
    assert len(main) == 20
    assert (main["K"] + main["G"]).sum() / (9 * 20) == pytest.approx(0.96, abs=0.005)

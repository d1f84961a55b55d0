"""The architecture sweep on made-up runs: mirrored boxes, shares and leads."""

import itertools
from importlib import resources

import numpy as np
import pandas as pd
import pytest
import scipy.stats
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


@pytest.fixture(scope="module")
def published():
    folder = resources.files("papers.pearce2023") / "reference"
    return pd.read_csv(str(folder / "architecture_cells.csv"))


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


def boxes_of(models, published):
    return sweep.boxes(Inputs(tables={"models": models}, reference={"cells": published}))


def as_models(published):
    """A model per published network."""
    key = ["regularization", *sweep.BOX, *sweep.CELL]
    models = published.melt(key, list("MKGN"), "class", "count")
    models = models.loc[models.index.repeat(models["count"])].assign(repeated=False)
    return models.assign(generalised=models["class"].isin(["K", "G"]))


@pytest.fixture(scope="module")
def tables(runs, published):
    models = sweep.models(Inputs(runs=runs))
    return {
        "architecture_models": models,
        "architecture_boxes": boxes_of(models, published),
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


def test_boxes_stand_beside_the_published_networks_of_the_same_cells(tables):
    boxes = tables["architecture_boxes"].set_index(["regularization", *sweep.BOX])
    assert len(boxes) == 32 and boxes["tested"].sum() == 16
    row = boxes.loc[("L2", True, True, False, True)]
    assert row["cells"] == 1 and row["models"] == 2
    assert row["ours_K"] == 0.5 and row["ours_M"] == 0.5
    # Published at width 32, rate 0.01, decay 0.3: 6 memorise, 1 groks, 2 together.
    assert row["published_models"] == 9
    assert row[sweep.PUBLISHED].tolist() == pytest.approx([6 / 9, 1 / 9, 2 / 9, 0])
    # Where nothing was run, all published cells.
    row = boxes.loc[("L1", True, True, False, True)]
    assert row["ours_K"] == 0 and row["published_models"] == 675
    assert row["published_G"] == pytest.approx(127 / 675)


def test_every_cell_of_a_box_weighs_the_same(tables, published):
    models = tables["architecture_models"]
    main = models[models[sweep.BOX].eq([True, True, False, False]).all(axis=1)]
    # One cell: two grok. Another: one of three memorises, none generalises.
    other = main.iloc[[0] * 3].assign(strength=1.0)
    other["class"] = ["M", "N", "N"]
    boxes = boxes_of(pd.concat([main, other]), published)
    row = boxes.set_index(["regularization", *sweep.BOX]).loc[("L2", True, True, False, False)]
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
    assert (table["networks"] == 24).all()


def test_a_few_networks_that_agree_do_not_make_an_interval_narrow(tables):
    """SciPy's Jeffreys interval of 2 of 2, and of 18 of 18; the smallest share is one of them."""
    models = tables["architecture_models"].assign(generalised=True)
    for count in (1, 9):
        every = pd.concat([models] * count)
        table = sweep.architecture_summary(Inputs(tables={"models": every}))
        row = table.set_index("quantity").loc["nothing_collapsed"]
        known = scipy.stats.beta(2 * count + 0.5, 0.5).ppf([0.025, 0.975])
        assert row["value"] == 1
        assert row[["low", "high"]].tolist() == pytest.approx(known, abs=0.03)


def test_the_two_boxes_of_one_network_are_drawn_once(tables):
    """The in side's share is the mean of two boxes of the same networks: no narrower for it."""
    models = tables["architecture_models"]
    every = pd.concat([models] * 20)
    table = sweep.architecture_summary(Inputs(tables={"models": every}))
    row = table.set_index("quantity").loc["collapsed_in_lead"]
    # 40 of 40 without an in-projection; with the out side collapsed 20 of 40 in either box.
    rng = np.random.default_rng(1)
    inside, tied, untied = (rng.beta(hits + 0.5, 40 - hits + 0.5, 10000) for hits in (40, 20, 20))
    known = np.quantile(inside - (tied + untied) / 2, [0.025, 0.975])
    assert row[["low", "high"]].tolist() == pytest.approx(known, abs=0.01)


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


def test_summary_of_the_published_networks_orders_its_boxes(published):
    """The orderings that the claims ask for hold for the published networks themselves."""
    models = as_models(published.query("regularization == 'L2'"))
    found = boxes_of(models, published).query("tested")
    assert len(found) == 16 and found["cells"].between(74, 75).all()
    assert (found[sweep.OURS].to_numpy() == found[sweep.PUBLISHED].to_numpy()).all()
    one_cell = models.assign(width=32, learning_rate=0.01, strength=0.3)
    summary = sweep.architecture_summary(Inputs(tables={"models": one_cell}))
    table = summary.set_index("quantity")["value"]
    assert table["nothing_collapsed"] == pytest.approx(0.51, abs=0.005)
    assert table["nothing_collapsed_lead"] > 0
    assert table["collapsed_learned"] == pytest.approx(0.8, abs=0.005)
    # (0.44 + 0.45) / 2 - (0.36 + 0.32) / 2 and (0.22 + 0.25) / 2 - (0.06 + 0.07) / 2
    assert table["collapsed_in_lead"] == pytest.approx(0.105, abs=0.01)
    assert table["collapsed_out_lead"] == pytest.approx(0.17, abs=0.01)


def test_reference_cells_are_the_published_ones(published):
    assert not published.duplicated(["regularization", *sweep.BOX, *sweep.CELL]).any()
    counts = published.groupby("regularization")[list("MKGN")].sum().sum(axis=1)
    assert counts.to_dict() == {"L1": 10833, "L2": 10840}
    assert set(itertools.product(*[[True, False]] * 4)) == set(
        published[sweep.BOX].itertuples(index=False, name=None)
    )
    # At widths 32 and 64, rates 0.01 and 0.001, 0.96 of the main networks generalise.
    main = published.query(
        "regularization == 'L2' and tied_embed and tied_in_projection and not collapsed_in "
        "and not collapsed_out and width <= 64 and learning_rate >= 0.001"
    )
    assert len(main) == 20
    assert (main["K"] + main["G"]).sum() / (9 * 20) == pytest.approx(0.96, abs=0.005)

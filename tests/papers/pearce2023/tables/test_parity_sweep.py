"""The parity sweep on made-up runs and reference counts whose comparison is known."""

from importlib import resources

import numpy as np
import pandas as pd
import pytest
import sweep_runs

from papers.pearce2023.tables import parity_sweep as sweep
from reprise.results import Inputs

DECAYS, WIDTHS, SIZES = [0.01, 0.1, 1.0], [16, 128], [750, 1750]
SPEC = {
    "task": {"name": "parity", "train_size": 750},
    "model": {"name": "parity_mlp", "hidden": 16},
    "optimizer": {"name": "adamw", "learning_rate": 0.003},
    "steps": 20,
    "log_every": 10,
}


def published(name):
    folder = resources.files("papers.pearce2023") / "reference"
    return pd.read_csv(str(folder / f"parity_sweep_{name}.csv"))


def outcome(weight_decay, hidden=16, train_size=750, seed=0):
    """Memorises at 0.01 and, if wide, at 1; groks at 0.1; learns nothing at 1 if narrow."""
    if weight_decay == 0.01:
        return "M"
    if weight_decay == 0.1:
        return "G" if hidden == 16 and seed == 0 else "K"
    return "N" if hidden == 16 else "M"


@pytest.fixture(scope="module")
def runs():
    """All cells of width 16 with two seeds; of width 128 those of 750 examples, with one."""
    axes = {"optimizer.weight_decay": DECAYS, "task.train_size": SIZES, "seed": [0, 1]}
    wide = {"model.hidden": [128], "optimizer.weight_decay": DECAYS, "seed": [3]}
    return {
        "narrow": sweep_runs.run(SPEC, axes, outcome),
        "wide": sweep_runs.run(SPEC, wide, outcome),
    }


@pytest.fixture(scope="module")
def reference():
    """The published outcome of each cell: 9 of the class of ``outcome``, but one cell differs."""
    rows = []
    for decay in DECAYS:
        for hidden in WIDTHS:
            for size in SIZES:
                found = outcome(decay, hidden, size, seed=1)
                if (decay, hidden, size) == (0.01, 16, 1750):
                    found = "G"
                rows.append((decay, size, hidden, *(9 * (found == name) for name in "MKGN"), "x"))
    columns = ["weight_decay", "train_size", "hidden", *"MKGN", "origin"]
    return pd.DataFrame(rows, columns=columns)


@pytest.fixture(scope="module")
def tables(runs, reference):
    models = sweep.models(Inputs(runs=runs))
    cells = sweep.cells(Inputs(tables={"models": models}, reference={"cells": reference}))
    marginals = sweep.marginals(Inputs(tables={"cells": cells}))
    limits = {"thresholds": published("thresholds")}
    examples = {"cells": [[0.01, 128, 750], [0.1, 16, 1750], [0.1, 128, 1750]]}
    return {
        "parity_sweep_models": models,
        "parity_sweep_cells": cells,
        "parity_sweep_marginals": marginals,
        "parity_sweep_summary": sweep.sweep_summary(Inputs(tables={"a": models, "b": cells})),
        "parity_sweep_seeds": sweep.sweep_seeds(Inputs(tables={"models": models})),
        "parity_sweep_thresholds": sweep.thresholds(
            Inputs(tables={"models": models}, reference=limits)
        ),
        "parity_sweep_curves": sweep.curves(Inputs(runs=runs, params=examples)),
    }


def test_models_take_absent_axes_from_the_spec(tables):
    models = tables["parity_sweep_models"]
    assert len(models) == 3 * 2 * 2 + 3
    assert models.groupby("hidden")["train_size"].unique().map(list).to_dict() == {
        16: SIZES,
        128: [750],
    }
    row = models[(models["weight_decay"] == 0.1) & (models["hidden"] == 128)].iloc[0]
    assert row["class"] == "K" and row["seed"] == 3
    assert row["max_ratio"] == pytest.approx(0.7 / 1e-7)


def test_cells_compare_majorities_and_know_what_was_run(tables):
    cells = tables["parity_sweep_cells"].set_index(["weight_decay", "hidden", "train_size"])
    assert cells["tested"].sum() == 9 and not cells.loc[(0.1, 128, 1750), "tested"]
    assert cells.loc[(0.1, 128, 1750), "ours_majority"] == "none"
    # One G and one K have no majority; the published G is not our M.
    assert cells.loc[(0.1, 16, 750), "ours_majority"] == "tie"
    assert not cells.loc[(0.1, 16, 750), "agree"] and not cells.loc[(0.01, 16, 1750), "agree"]
    assert cells.loc[cells["tested"], "agree"].sum() == 9 - 3


def test_marginals_weigh_cells_alike(tables):
    rows = tables["parity_sweep_marginals"].set_index(["axis", "level"])
    # At 0.1: two narrow cells are half G, half K and one wide cell is K.
    assert rows.loc[("weight_decay", 0.1), "ours_K"] == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert rows.loc[("weight_decay", 0.1), "published_K"] == 1
    assert rows.loc[("weight_decay", 0.1), "total_variation"] == pytest.approx(1 / 3)
    assert rows.loc[("weight_decay", 0.01), "total_variation"] == pytest.approx(1 / 3)
    assert rows.loc[("weight_decay", 1.0), "total_variation"] == 0
    assert rows.loc[("all", 0), "cells"] == 9


def test_the_largest_distance_is_that_of_the_weight_decays(tables):
    found = tables["parity_sweep_summary"].set_index("quantity")
    decay = tables["parity_sweep_marginals"].query("axis == 'weight_decay'")
    row = found.loc["total_variation"]
    assert row["value"] == pytest.approx(decay["total_variation"].max()) and row["networks"] == 15
    assert row["low"] <= row["value"] <= row["high"]
    assert found.loc["learned", "value"] == 1


def test_trends_of_every_seed_are_over_the_cells_that_all_seeds_have(tables):
    models = tables["parity_sweep_models"]
    narrow = models[models["hidden"] == 16]
    table = sweep.sweep_seeds(Inputs(tables={"models": narrow}))
    found = table.set_index(["quantity", "seed"])["value"]
    for seed in (0, 1):
        # Memorised: all at 0.01, none at 0.1 and 1, where all learn nothing.
        assert found["interior_minimum_M", seed] == 0
        assert np.isnan(found["smallest_rise_K", seed])
    # The wide networks have a seed of their own: no cell has all three.
    assert tables["parity_sweep_seeds"].empty


def test_rise_of_grokking_is_the_smallest_step_between_widths():
    classes = {(0, 16): "M", (0, 32): "K", (0, 64): "K", (1, 16): "K", (1, 32): "M", (1, 64): "K"}
    rows = [(0.1, hidden, 750, seed, name) for (seed, hidden), name in classes.items()]
    columns = ["weight_decay", "hidden", "train_size", "seed", "class"]
    models = pd.DataFrame(rows, columns=columns)
    found = sweep.sweep_seeds(Inputs(tables={"models": models}))
    found = found.set_index(["quantity", "seed"])["value"]
    assert found["smallest_rise_K", 0] == 0 and found["rise_K", 0] == 1
    assert found["smallest_rise_K", 1] == -1 and found["rise_K", 1] == 0
    assert np.isnan(found["interior_minimum_M", 0])


def test_thresholds_reclassify_what_was_run(tables):
    table = tables["parity_sweep_thresholds"].set_index(["min_loss", "ratio"])
    assert (table["cells"] == 9).all() and len(table) == 8
    default = table.loc[(1e-5, 5e4)]
    ours = ["ours_M", "ours_K", "ours_G", "ours_N"]
    # Of 9 cells four memorise, two learn nothing; one groks and two do so with one of two seeds.
    assert default[ours].tolist() == pytest.approx([4 / 9, 2 / 9, 1 / 9, 2 / 9])
    assert default["published_K"] == pytest.approx(435 / 1125)
    marginals = tables["parity_sweep_marginals"].set_index("axis")
    assert default[ours].tolist() == pytest.approx(marginals.loc["all", ours].tolist())
    # With a ratio of 7e6 at most, a limit of 1e6 still calls them grokking.
    assert table.loc[(1e-5, 1e6), "ours_K"] == pytest.approx(2 / 9)


def test_curves_hold_the_cells_that_were_run(tables):
    curves = tables["parity_sweep_curves"]
    assert curves["cell"].unique().tolist() == [0, 1]
    assert curves.groupby("cell")["seed"].unique().map(list).to_dict() == {0: [3], 1: [0, 1]}
    assert curves.loc[curves["cell"] == 1, "class"].unique().tolist() == ["G", "K"]


def test_medians_stand_beside_the_published_ones(tables):
    models = tables["parity_sweep_models"].replace({"train_size": {750: 1250}})
    found = sweep.medians(
        Inputs(
            tables={"models": models},
            reference={"medians": published("medians")},
            params={"train_size": 1250},
        )
    ).set_index(["weight_decay", "hidden", "quantity"])
    row = found.loc[(0.01, 128, "min_test_loss")]
    assert row["ours"] == 0.7 and row["factor"] == pytest.approx(1)


def test_reference_cells_add_up_to_the_published_marginals():
    cells, marginals = published("cells"), published("marginals")
    assert cells[list("MKGN")].sum().tolist() == [390, 435, 148, 152]
    assert (cells[list("MKGN")].sum(axis=1) == 9).all() and len(cells) == 125
    for axis in sweep.AXES:
        rows = marginals[marginals["axis"] == axis].set_index("value")[list("MKGN")]
        pd.testing.assert_frame_equal(
            cells.groupby(axis)[list("MKGN")].sum(), rows, check_names=False, check_index_type=False
        )
    default = published("thresholds").query("min_loss == 1e-5 and ratio == 5e4")
    assert default[list("MKGN")].to_numpy().tolist() == [[390, 435, 148, 152]]


def test_a_sweep_that_repeats_the_article_agrees_with_it():
    reference = published("cells")
    models = reference.melt(
        ["weight_decay", "hidden", "train_size"], list("MKGN"), "class", "count"
    )
    models = models.loc[models.index.repeat(models["count"])]
    cells = sweep.cells(Inputs(tables={"models": models}, reference={"cells": reference}))
    assert cells["agree"].all() and cells["tested"].all()
    found = sweep.sweep_summary(Inputs(tables={"a": models, "b": cells})).set_index("quantity")
    assert found.loc["total_variation", ["value", "low", "high"]].tolist() == [0, 0, 0]
    assert found.loc["no_learning_elsewhere", "value"] == pytest.approx(17 / 990)
    inside = found.loc["no_learning_inside"]
    assert (inside["value"], inside["high"], inside["networks"]) == (1, 1, 135)
    assert inside["low"] == pytest.approx(0.025 ** (1 / 135))
    # The claimed trends hold for the published counts, taken as those of one seed.
    trends = sweep.sweep_seeds(Inputs(tables={"models": models.assign(seed=0)}))
    value = trends.set_index("quantity")["value"]
    assert value["interior_minimum_M"] == pytest.approx((56 - 3) / 225)
    assert value["smallest_rise_K"] == pytest.approx((124 - 121) / 225)

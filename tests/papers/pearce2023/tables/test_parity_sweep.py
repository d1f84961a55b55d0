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
    """Memorises at .01 and, if wide, at 1; groks at .1; learns nothing at 1 if narrow."""
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
        "parity_sweep_summary": sweep.sweep_summary(Inputs(tables={"a": cells, "b": marginals})),
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
    assert cells["narrow"].sum() == 6


def test_marginals_weigh_cells_alike(tables):
    rows = tables["parity_sweep_marginals"].set_index(["axis", "level"])
    # At .1: two narrow cells are half G, half K and one wide cell is K.
    assert rows.loc[("weight_decay", 0.1), "ours_K"] == pytest.approx((0.5 + 0.5 + 1) / 3)
    assert rows.loc[("weight_decay", 0.1), "published_K"] == 1
    assert rows.loc[("weight_decay", 0.1), "total_variation"] == pytest.approx(1 / 3)
    assert rows.loc[("weight_decay", 0.01), "total_variation"] == pytest.approx(1 / 3)
    assert rows.loc[("weight_decay", 1.0), "total_variation"] == 0
    assert rows.loc[("all", 0), "cells"] == 9


def test_summary_states_the_trends(tables):
    found = tables["parity_sweep_summary"].set_index(["quantity", "level"])["value"]
    # M: 1 at .01, 0 at .1, a third at 1.
    assert found["interior_minimum_M", 0] == pytest.approx(1 / 3)
    assert found["no_learning_inside", 0] == 1 and found["no_learning_elsewhere", 0] == 0
    # Width 128 lacks cells, so there is no second width to rise to.
    assert np.isnan(found["smallest_rise_K", 0])


def test_rise_of_grokking_is_the_smallest_step_between_complete_widths():
    cells = pd.DataFrame(
        {"weight_decay": 0.1, "hidden": [16, 32, 64], "train_size": 750, "tested": True}
    )
    for name, counts in {"M": [3, 2, 2], "K": [0, 1, 1], "G": [0] * 3, "N": [0] * 3}.items():
        cells[f"ours_{name}"] = counts
        cells[f"published_{name}"] = [1, 1, 1]
    marginals = sweep.marginals(Inputs(tables={"cells": cells}))
    table = sweep.sweep_summary(Inputs(tables={"a": cells, "b": marginals}))
    found = table.set_index("quantity")["value"]
    assert found["smallest_rise_K"] == 0
    assert np.isnan(found["interior_minimum_M"])


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
    marginals = sweep.marginals(Inputs(tables={"cells": cells}))
    found = sweep.sweep_summary(Inputs(tables={"a": cells, "b": marginals})).set_index("quantity")
    # The claimed trends hold for the published counts themselves.
    assert (found.loc["total_variation", "value"] == 0).all()
    assert found.loc["interior_minimum_M", "value"] == pytest.approx((56 - 3) / 225)
    assert found.loc["no_learning_elsewhere", "value"] == 0
    assert found.loc["no_learning_inside", "value"] == 1
    assert found.loc["smallest_rise_K", "value"] == pytest.approx((124 - 121) / 225)

"""Least squares and kernel regression over sizes: the tables' numbers against direct ones."""

import numpy as np
import pandas as pd
import pytest

from papers.vonoswald2023.tables import sizes
from papers.vonoswald2023.theory.kernel_regression import kernel_losses, kernel_predictions
from reprise.results import Inputs

PARAMS = {"noise": [0.01, 0.3], "sizes": [[4, 64, 300], [10, 16, 200]], "seed": 0}


@pytest.fixture(scope="module")
def table():
    return sizes.losses(Inputs(params=PARAMS))


def stored():
    return pd.DataFrame(
        {
            "n": [4, 4, 10, 10],
            "model": ["least_squares", "kernel"] * 2,
            "loss": [0.0328, 0.0798, 0.0264, 0.0844],
            "source": "Fig. 5B",
        }
    )


def value(table, **where):
    chosen = table[np.logical_and.reduce([table[k] == v for k, v in where.items()])]
    return float(chosen["loss"].iloc[0])


def test_losses_are_the_published_ones_and_a_quarter_of_a_third_of_energy(table):
    for n, squares, kernel in ((4, 0.0328, 0.0798), (10, 0.0264, 0.0844)):
        quiet = {"noise": 0.01, "n": n}
        assert value(table, model="least_squares", **quiet) == pytest.approx(squares, rel=0.1)
        assert value(table, model="kernel", **quiet) == pytest.approx(kernel, rel=0.1)
        # E |s_t|^2 / 2 n = (1/3 + (t - 1) sigma^2) / 2, and targets are s_2, ..., s_{4n+1}.
        assert value(table, model="zero", **quiet) == pytest.approx(1 / 6, rel=0.06)
        energy = (1 / 3 + (4 * n + 1) / 2 * 0.3**2) / 2
        assert value(table, model="zero", noise=0.3, n=n) == pytest.approx(energy, rel=0.1)


def test_gap_and_ratio_are_of_the_same_sequences(table):
    wide = table.pivot(index=["noise", "n"], columns="model", values="loss")
    np.testing.assert_allclose(wide["gap"], wide["kernel"] - wide["least_squares"])
    np.testing.assert_allclose(wide["ratio"], wide["kernel"] / wide["least_squares"])
    assert (table["low"] <= table["loss"]).all() and (table["loss"] <= table["high"]).all()


def test_kernel_losses_are_those_of_its_predictions():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 9, 4)), rng.normal(size=(5, 9, 3))
    for lag in (0, 1):
        found = kernel_losses(x, y, [0.0, 0.6, 3.0], lag=lag)
        for row, beta in zip(found, (0.0, 0.6, 3.0), strict=True):
            errors = (kernel_predictions(x, y, beta, lag=lag) - y) ** 2
            np.testing.assert_allclose(row, 0.5 * errors.sum(axis=2).mean(axis=0))


def test_grids_hold_the_published_values():
    assert set(np.linspace(1e-4, 10, 40)) <= set(sizes.RIDGES)
    assert set(np.linspace(1e-4, 4, 40)) <= set(sizes.BETAS)


def frame(rows):
    columns = ["noise", "n", "model", "loss", "low", "high"]
    return pd.DataFrame([(*row, 0.0, 0.0) for row in rows], columns=columns)


def test_summary_is_about_the_worst_step():
    quiet = [(0.01, n, "least_squares", loss) for n, loss in ((4, 0.3), (6, 0.2), (10, 0.25))]
    quiet += [(0.01, n, "kernel", loss) for n, loss in ((4, 0.9), (6, 0.8), (10, 1.0))]
    quiet += [(0.01, n, "gap", loss) for n, loss in ((4, 0.6), (6, 0.6), (10, 0.75))]
    quiet += [(0.01, n, "ratio", loss) for n, loss in ((4, 3.0), (6, 4.0), (10, 4.0))]
    noisy = [
        (noise, n, "gap", gap)
        for noise, gaps in ((0.1, (0.7, 0.9, 1.2)), (0.5, (1.0, 0.95, 2.0)))
        for n, gap in zip((4, 6, 10), gaps, strict=True)
    ]
    known = pd.DataFrame({"n": [4, 4], "model": ["kernel", "least_squares"], "loss": [1.0, 0.25]})
    found = sizes.size_summary(
        Inputs(
            tables={"size_losses": frame(quiet), "noise_losses": frame(noisy)},
            reference={"fig5b": known},
        )
    ).set_index("quantity")["value"]
    expected = {
        "far_least_squares": 0.2,
        "far_kernel": 0.1,
        "rise_least_squares": 0.05,
        "least_rise_kernel": 0.2,
        "ratio_at_largest": 4.0,
        "least_widening_in_n": -0.05,
        "least_widening_in_noise": 0.05,
    }
    for quantity, number in expected.items():
        assert found[quantity] == pytest.approx(number), quantity

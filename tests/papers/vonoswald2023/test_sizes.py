"""Least squares and kernel regression over sizes: the tables' numbers against direct ones."""

import numpy as np
import pandas as pd
import pytest

from papers.vonoswald2023.tables import sizes
from papers.vonoswald2023.theory.kernel_regression import kernel_losses, kernel_predictions
from reprise.results import Inputs

SIZES = [[4, 64, 300], [6, 16, 200], [10, 16, 200]]
PARAMS = {"noise": [0.01, 0.3], "quiet": SIZES, "noisy": SIZES, "seeds": [0, 0]}


@pytest.fixture(scope="module")
def table():
    return sizes.losses(Inputs(params=PARAMS, reference={"fig5b": stored()}))


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
    return float(chosen["value"].iloc[0])


def test_losses_are_the_published_ones_and_a_quarter_of_a_third_of_energy(table):
    for n, squares, kernel in ((4, 0.0328, 0.0798), (10, 0.0264, 0.0844)):
        quiet = {"noise": 0.01, "n": n}
        assert value(table, model="least_squares", **quiet) == pytest.approx(squares, rel=0.1)
        assert value(table, model="kernel", **quiet) == pytest.approx(kernel, rel=0.1)
        # E |s_t|^2 / 2 n = (1/3 + (t - 1) sigma^2) / 2, and targets are s_2, ..., s_{4n+1}.
        assert value(table, model="zero", **quiet) == pytest.approx(1 / 6, rel=0.06)
        energy = (1 / 3 + (4 * n + 1) / 2 * 0.3**2) / 2
        assert value(table, model="zero", noise=0.3, n=n) == pytest.approx(energy, rel=0.1)


def test_every_value_has_an_interval(table):
    assert (table["low"] <= table["value"]).all() and (table["value"] <= table["high"]).all()
    wide = table.pivot_table(index=["noise", "n"], columns="model", values="value")
    ratio = wide["kernel"] / wide["least_squares"]
    assert value(table, quantity="ratio_at_largest") == pytest.approx(ratio[0.01, 10])


def test_kernel_losses_are_those_of_its_predictions():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5, 9, 4)), rng.normal(size=(5, 9, 3))
    found = kernel_losses(x, y, [0.0, 0.6, 3.0])
    for row, beta in zip(found, (0.0, 0.6, 3.0), strict=True):
        errors = (kernel_predictions(x, y, beta) - y) ** 2
        np.testing.assert_allclose(row, 0.5 * errors.sum(axis=2).mean(axis=0))


def test_grids_hold_the_published_values():
    assert set(np.linspace(1e-4, 10, 40)) <= set(sizes.RIDGES)
    assert set(np.linspace(1e-4, 4, 40)) <= set(sizes.BETAS)


def test_summary_is_about_the_worst_step():
    losses = {"least_squares": (0.3, 0.2, 0.25), "kernel": (0.9, 0.8, 1.0)}
    found = {
        (0.01, n, model): np.array([loss])
        for model, own in losses.items()
        for n, loss in zip((4, 6, 10), own, strict=True)
    }
    for noise, gaps in ((0.1, (0.7, 0.9, 1.2)), (0.5, (1.0, 0.95, 2.0))):
        for n, gap in zip((4, 6, 10), gaps, strict=True):
            found |= {(noise, n, "kernel"): np.array([gap]), (noise, n, "least_squares"): 0.0}
    known = pd.DataFrame({"n": [4, 4], "model": ["kernel", "least_squares"], "loss": [1.0, 0.25]})
    made = sizes._summary(found, known)
    expected = {
        "far_least_squares": 1.2,
        "far_kernel": 1 / 0.9,
        "rise_least_squares": 0.05,
        "least_rise_kernel": 0.2,
        "ratio_at_largest": 4.0,
        "least_widening_in_n": -0.05,
        "least_widening_in_noise": 0.05,
    }
    for quantity, number in expected.items():
        assert made[quantity][0] == pytest.approx(number), quantity

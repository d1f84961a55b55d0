"""Blend coefficients against numpy.linalg.lstsq."""

import numpy as np

from papers.yadlowsky2023.theory.blends import blend

GRID = np.linspace(-2, 2, 41)
LINE, SINE = np.stack([GRID, -2 * GRID]), np.stack([np.sin(3 * GRID), np.sin(GRID + 1)])


def test_a_combination_has_its_own_weights():
    np.testing.assert_allclose(blend(0.3 * LINE + 0.7 * SINE + 5, LINE, SINE), [[0.3, 0.7]] * 2)


def test_any_curve_has_the_coefficients_of_least_squares():
    curves = np.random.default_rng(0).normal(size=(2, 41))
    found = blend(curves, LINE, SINE)
    for i in range(2):
        columns = np.stack([LINE[i], SINE[i], np.ones(41)], axis=1)
        np.testing.assert_allclose(found[i], np.linalg.lstsq(columns, curves[i])[0][:2])


def test_dependent_components_have_none():
    assert np.isnan(blend(LINE, LINE, 3 * LINE + 1)).all()
    assert np.isnan(blend(LINE, LINE, np.zeros((2, 41)))).all()

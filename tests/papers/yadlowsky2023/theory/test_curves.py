"""Fits of curves: exact on their own classes, brute force elsewhere."""

import numpy as np
import pytest

from papers.yadlowsky2023.spec import Convex, Law, Line, Sine
from papers.yadlowsky2023.tasks.prompts import prompts
from papers.yadlowsky2023.theory import curves
from papers.yadlowsky2023.theory.least_squares import min_norm

GRID = np.linspace(-1.96, 1.96, 41)


def made(function, count=60, pairs=12, seed=0):
    found = prompts(function, count, pairs, seed, queries=GRID)
    return found["inputs"][..., 0], found["y"], found["query_x"], found["query_y"]


def combination(alpha):
    return Convex(kind="convex", alpha=Law(fixed=alpha))


def test_lines_are_found_exactly_and_others_in_least_squares():
    x, y, query, expected = made(Line(), pairs=1)
    np.testing.assert_allclose(curves.line(x, y, query), expected)
    x, y, *_ = made(Sine())
    found = np.hstack([curves.line(x[:, :n], y[:, :n], x[:, n : n + 1]) for n in range(x.shape[1])])
    np.testing.assert_allclose(found, min_norm(x[..., None], y), atol=1e-12)


def test_sums_over_a_grid_are_squared_errors():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(3, 7)), rng.normal(size=(3, 7))
    omegas, phases = np.array([1.0, 2.5]), np.array([0.0, 1.0, 4.0])
    found = curves.sine_errors(x, y, omegas, phases, 1.4)
    for w, omega in enumerate(omegas):
        for p, phase in enumerate(phases):
            expected = ((y - 1.4 * np.sin(omega * x + phase)) ** 2).sum(axis=1)
            np.testing.assert_allclose(found[:, w, p], expected, rtol=1e-10)


@pytest.mark.parametrize("amplitude", [1.0, 1.5])
def test_sines_in_range_are_found_to_the_last_digits(amplitude):
    function = Sine(amplitude=Law(fixed=amplitude))
    x, y, query, expected = made(function, count=200)
    found = curves.sine(x, y, query, amplitude=amplitude)
    assert (np.abs(found - expected).max(axis=1) < 1e-6).mean() > 0.98


def test_the_fitted_sine_has_the_least_error_of_a_finer_grid():
    x, y, *_ = made(combination(0.3), count=20)
    frequency, phase = curves.sine_parameters(x, y, (1.0, 5.0), 1.0)
    own = ((y - np.sin(frequency[:, None] * x + phase[:, None])) ** 2).sum(axis=1)
    omegas, phases = np.linspace(1, 5, 801), np.linspace(0, 2 * np.pi, 301)
    finer = curves.sine_errors(x, y, omegas, phases, 1.0).min(axis=(1, 2))
    assert (own <= finer * 1.001 + 1e-9).all()
    assert (frequency >= 1).all() and (frequency <= 5).all()


def test_the_composite_oracle_solves_every_combination():
    for alpha in (0.0, 0.5, 1.0):
        x, y, query, expected = made(combination(alpha))
        assert (((curves.line_and_sine(x, y, query) - expected) ** 2).mean(axis=1) < 1e-6).all()


def test_information_is_in_the_prompt_after_eight_pairs():
    x, y, query, expected = made(combination(0.5), count=300, pairs=8)
    squared = ((curves.line_and_sine(x, y, query) - expected) ** 2).mean(axis=1)
    assert np.median(squared) < 1e-8 and (squared < 0.01).mean() > 0.95


@pytest.mark.parametrize("fit", [curves.line, curves.sine, curves.line_and_sine])
def test_without_pairs_the_prediction_is_zero(fit):
    assert (fit(np.zeros((2, 0)), np.zeros((2, 0)), np.ones((2, 3))) == 0).all()

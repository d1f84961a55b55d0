"""Bayes on curves: numerical integration, loops, and values computed independently."""

import itertools

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from papers.yadlowsky2023.spec import Convex, Law, Sine
from papers.yadlowsky2023.tasks.prompts import line_plus_sine, prompts
from papers.yadlowsky2023.theory import curve_bayes
from papers.yadlowsky2023.theory.blends import blend
from papers.yadlowsky2023.theory.class_average import average, class_probabilities
from papers.yadlowsky2023.theory.curve_bayes import (
    grid_class,
    line_class,
    midpoints,
    mueller_classes,
    sine_class,
)

RNG = np.random.default_rng(0)
X, Y, QUERY = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4)), RNG.normal(size=(3, 2))
HALVES = {"line": 0.5, "sine": 0.5}


def likelihood(i, function, noise):
    return float(np.prod(norm(function(X[i]), noise).pdf(Y[i])))


def test_lines_are_integrated_over_their_slope():
    found = line_class(X, Y, QUERY, 0.4, variance=2.0)
    for i in range(3):
        weigh = lambda k, i=i: norm(0, np.sqrt(2)).pdf(k) * likelihood(i, lambda x: k * x, 0.4)  # noqa: E731
        total = quad(weigh, -12, 12, limit=200, points=[0.0])[0]
        slope = quad(lambda k, f=weigh: k * f(k), -12, 12, limit=200, points=[0.0])[0] / total
        np.testing.assert_allclose(found.mean[i], slope * QUERY[i], rtol=1e-6)
        assert found.log_evidence[i, 0] == pytest.approx(np.log(total), rel=1e-6)


@pytest.mark.parametrize("prior", [None, np.array([1.0, 3.0, 0.5])])
def test_sines_are_summed_over_their_grid(prior, monkeypatch):
    monkeypatch.setattr(curve_bayes, "_BLOCK", 13)
    omegas, phases = np.array([1.0, 2.0, 4.5]), np.array([0.1, 2.0, 3.0, 5.0])
    found = sine_class(X, Y, QUERY, 0.4, omegas, phases, 1.3, prior)
    share = np.ones(3) / 3 if prior is None else prior / prior.sum()
    for i in range(3):
        total, mean = 0.0, np.zeros(2)
        for (w, omega), phase in itertools.product(enumerate(omegas), phases):
            f = lambda x, omega=omega, phase=phase: 1.3 * np.sin(omega * x + phase)  # noqa: E731
            weight = share[w] / 4 * likelihood(i, f, 0.4)
            total, mean = total + weight, mean + weight * f(QUERY[i])
        np.testing.assert_allclose(found.mean[i], mean / total)
        assert found.log_evidence[i, 0] == pytest.approx(np.log(total))


def test_midpoints_integrate_a_uniform_prior():
    coarse, fine = (
        sine_class(X, Y, QUERY, 0.4, midpoints(1, 5, n), midpoints(0, 2 * np.pi, n))
        for n in (64, 400)
    )
    np.testing.assert_allclose(coarse.mean, fine.mean, atol=2e-3)
    np.testing.assert_allclose(coarse.log_evidence, fine.log_evidence, atol=2e-3)
    np.testing.assert_allclose(midpoints(1, 5, 4), [1.5, 2.5, 3.5, 4.5])


def test_finite_classes_are_summed(monkeypatch):
    monkeypatch.setattr(curve_bayes, "_BLOCK", 7)
    weights = RNG.normal(size=(5, 2))
    found = grid_class(X, Y, QUERY, 0.4, lambda x: np.stack([x, x**2], axis=-1), weights)
    for i in range(3):
        functions = [lambda x, a=a, b=b: a * x + b * x**2 for a, b in weights]
        each = [likelihood(i, f, 0.4) for f in functions]
        mean = sum(w * f(QUERY[i]) for w, f in zip(each, functions, strict=True)) / sum(each)
        np.testing.assert_allclose(found.mean[i], mean)
        assert found.log_evidence[i, 0] == pytest.approx(np.log(np.mean(each)))


def test_without_pairs_the_prior_speaks():
    empty = (np.zeros((1, 0)), np.zeros((1, 0)), np.array([[0.5, 1.0]]))
    classes = mueller_classes(*empty)
    assert all(each.log_evidence[0, 0] == pytest.approx(0) for each in classes.values())
    np.testing.assert_allclose(classes["line"].mean, 0, atol=1e-12)
    expected = 0.5 + 0.2 * np.sin(3 * np.pi * empty[2])
    np.testing.assert_allclose(classes["sine"].mean, expected)
    assert line_class(*empty, 0.1).mean.tolist() == [[0.0, 0.0]]


# Computed independently: slope, n, P(sine), nMSE, coefficients of line and sine.
MUELLER = [
    (0.20, 10, 0.97, 0.32, 0.01, 0.195),
    (0.23, 5, 0.31, 0.39, 0.10, 0.06),
    (0.23, 10, 0.73, 0.26, 0.07, 0.145),
    (0.23, 20, 0.86, 0.30, 0.04, 0.17),
    (0.23, 40, 0.96, 0.35, 0.01, 0.19),
    (0.23, 80, 1.00, 0.38, 0.00, 0.20),
    (0.26, 10, 0.12, 0.29, 0.26, 0.02),
    (0.26, 40, 0.00, 0.34, 0.32, 0.00),
    (0.40, 40, 0.00, 0.20, 0.455, 0.00),
]


@pytest.mark.parametrize(("slope", "n", "probability", "error", "line", "sine"), MUELLER)
def test_reference_values_of_the_sum(slope, n, probability, error, line, sine):
    made = line_plus_sine(np.array([slope]), n)
    classes = mueller_classes(made["context_x"], made["context_y"], made["query_x"])
    found = average(classes, HALVES)
    # The table is printed to two digits; only the query grid is free.
    assert class_probabilities(classes, HALVES)["sine"][0, 0] == pytest.approx(
        probability, abs=0.012
    )
    relative = ((found - made["query_y"]) ** 2).mean() / made["query_y"].var()
    assert relative == pytest.approx(error, abs=0.012)
    coefficients = blend(found, made["query_f_lin"], made["query_f_sin"])[0]
    np.testing.assert_allclose(coefficients, [line, sine], atol=0.012)


def test_on_average_over_slopes_nothing_is_blended():
    slopes = np.random.default_rng(0).uniform(-1, 1, 600)
    for n, value in {10: 0.021, 20: 0.018, 80: 0.0165}.items():
        made = line_plus_sine(slopes, n, noise=0.1, random_inputs=True, seed=n)
        found = average(
            mueller_classes(made["context_x"], made["context_y"], made["query_x"]), HALVES
        )
        squared = ((found - made["query_y"]) ** 2).mean(axis=1)
        assert squared.mean() == pytest.approx(value, rel=0.12)
        sines = blend(found, made["query_f_lin"], made["query_f_sin"])[:, 1]
        assert abs(np.median(sines) / 0.2) < 0.02


def errors(function, n, count=60):
    """Squared errors, one mean per prompt, of the average over line and sine at a noise of 0.05."""
    made = prompts(function, count, n, 0, queries=np.linspace(-2, 2, 41))
    data = (made["inputs"][..., 0], made["y"], made["query_x"], 0.05)
    classes = {
        "line": line_class(*data),
        "sine": sine_class(*data, midpoints(1, 5, 161), midpoints(0, 2 * np.pi, 64)),
    }
    return ((average(classes, HALVES) - made["query_y"]) ** 2).mean(axis=1)


# Computed independently from sixty prompts: weight of the line and value.
@pytest.mark.parametrize(
    ("n", "rows"),
    [
        (10, {0.0: 0.0, 0.2: 0.12, 0.5: 0.18, 0.9: 0.006, 1.0: 0.0}),
        (40, {0.1: 0.01, 0.3: 0.13, 0.7: 0.04, 0.8: 0.02}),
    ],
)
def test_reference_values_of_combinations(n, rows):
    for alpha, value in rows.items():
        found = errors(Convex(kind="convex", alpha=Law(fixed=alpha)), n)
        deviation = found.std() * np.sqrt(2 / 60)
        assert abs(found.mean() - value) < 3.5 * deviation + 0.006


@pytest.mark.parametrize(
    ("frequency", "row"),
    [(0.25, (0.36, 0.23)), (3.0, (0.0, 0.0)), (6.0, (0.75, 0.58)), (10.0, (0.86, 0.53))],
)
def test_reference_values_of_frequencies(frequency, row):
    for n, value in zip((10, 40), row, strict=True):
        found = errors(Sine(frequency=Law(fixed=frequency)), n)
        assert abs(found.mean() - value) < 3.5 * found.std() * np.sqrt(2 / 60) + 0.006

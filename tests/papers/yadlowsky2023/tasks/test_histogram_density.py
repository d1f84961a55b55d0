"""Piecewise constant densities: mass 1, means by integration, quantile borders."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import special, stats
from scipy.integrate import quad

from papers.yadlowsky2023.tasks.histogram_density import (
    equal_mass_borders,
    mean,
    negative_log_density,
)

BORDERS = np.array([-2.0, -1.0, 0.5, 0.6, 3.0])
LOGITS = np.array([0.3, -1.0, 2.0, 0.7])


@jax.jit
def scored(logits: jax.Array, y: jax.Array) -> jax.Array:
    return negative_log_density(logits, y, BORDERS)


def density(y: float, logits: np.ndarray = LOGITS) -> float:
    return float(np.exp(-np.asarray(scored(logits.astype(np.float32), np.float32(y)))))


def test_masses_are_the_softmax_and_sum_to_one():
    cuts = [-40, -1.0, 0.5, 0.6, 80]
    masses = [quad(density, a, b, limit=300)[0] for a, b in itertools.pairwise(cuts)]
    np.testing.assert_allclose(masses, special.softmax(LOGITS), atol=2e-6)


def test_tails_are_half_normals_with_half_their_mass_within_the_width():
    tail = stats.halfnorm(scale=2.4 / stats.halfnorm.ppf(0.5))
    assert tail.cdf(2.4) == pytest.approx(0.5)
    weight = float(special.softmax(LOGITS)[3])
    for y in (0.7, 2.0, 5.0):
        assert density(y) == pytest.approx(weight * tail.pdf(y - 0.6), rel=1e-5)
    below = stats.halfnorm(scale=1.0 / stats.halfnorm.ppf(0.5))
    expected = float(special.softmax(LOGITS)[0]) * below.pdf(0.5)
    assert density(-1.5) == pytest.approx(expected, rel=1e-5)


def test_the_mean_is_the_integral():
    pieces = [(-40, -1.0), (-1.0, 0.5), (0.5, 0.6), (0.6, 80)]
    expected = sum(quad(lambda y: y * density(y), a, b, limit=300)[0] for a, b in pieces)
    assert float(mean(jnp.asarray(LOGITS), BORDERS)) == pytest.approx(expected, abs=1e-5)


def test_leading_axes_are_kept():
    logits = np.random.default_rng(0).normal(size=(3, 2, 4))
    y = np.random.default_rng(1).normal(size=(3, 2))
    found = np.asarray(scored(logits, y))
    expected = [[-np.log(density(y[i, j], logits[i, j])) for j in range(2)] for i in range(3)]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    assert mean(jnp.asarray(logits), BORDERS).shape == (3, 2)


def test_the_gradient_is_softmax_minus_one_hot():
    found = jax.jit(jax.grad(scored))(jnp.asarray(LOGITS), jnp.asarray(0.0))
    np.testing.assert_allclose(found, special.softmax(LOGITS) - np.eye(4)[1], atol=1e-6)


def test_borders_hold_equal_shares():
    values = np.random.default_rng(0).normal(size=10_000)
    borders = equal_mass_borders(values, 8)
    assert borders.shape == (9,) and (borders[0], borders[-1]) == (values.min(), values.max())
    assert np.histogram(values, borders)[0].tolist() == [1250] * 8

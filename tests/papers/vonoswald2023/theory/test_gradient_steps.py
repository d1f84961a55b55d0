"""One gradient step and the scalar family: against autodiff, loops, and published losses."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from mesa_reference import dynamics, loss

from papers.vonoswald2023.theory.gradient_steps import (
    Scalars,
    best_rate,
    gradient_step,
    read_scalars,
    scalar_predictions,
)


@pytest.mark.parametrize("started", [False, True])
def test_a_step_is_the_gradient_of_the_loss_so_far(started):
    s = np.random.default_rng(0).normal(size=(2, 7, 3))
    start = np.random.default_rng(1).normal(size=(3, 3)) * started
    found = gradient_step(s, 0.1, start if started else None)

    @jax.jit
    @jax.grad
    def slope(phi, sequence, seen):
        # s_0 = 0: the first observation is forecast from nothing.
        errors = ((sequence[1:] - sequence[:-1] @ phi.T) ** 2).sum(axis=1)
        return 0.5 * jnp.where(seen, errors, 0).sum()

    with jax.enable_x64(True):
        for sequence, forecasts in zip(s, found, strict=True):
            for t in range(7):
                stepped = start - 0.1 * np.asarray(slope(start, sequence, np.arange(6) < t))
                np.testing.assert_allclose(forecasts[t], stepped @ sequence[t], atol=1e-13)


def test_the_best_rate_and_its_loss_are_the_published_ones():
    """Line-searched by the authors: rate 0.032, loss 0.894 on the fully observed task."""
    s, following = dynamics(512, 50, 10)
    rate = best_rate(s, following)
    assert rate == pytest.approx(0.0325, abs=0.001)
    least = loss(gradient_step(s, rate), following)
    assert least == pytest.approx(0.8945, abs=0.03)
    assert min(loss(gradient_step(s, rate * f), following) for f in (0.98, 1.02)) > least


def test_scalar_predictions_are_those_of_loops():
    rng = np.random.default_rng(2)
    s, scalars = rng.normal(size=(2, 6, 3)), Scalars(*rng.normal(size=(6, 2)))
    found = scalar_predictions(s, scalars)
    for sequence, forecasts in zip(s, found, strict=True):
        padded = np.vstack([np.zeros(3), sequence])
        for t in range(1, 7):
            expected = np.zeros(3)
            for head in range(2):
                a, b, e, g, p, p_before = (field[head] for field in scalars)
                for past in range(1, t + 1):
                    score = padded[past] @ (a * padded[t] + b * padded[t - 1])
                    score += padded[past - 1] @ (e * padded[t] + g * padded[t - 1])
                    expected += (p * padded[past] + p_before * padded[past - 1]) * score
            np.testing.assert_allclose(forecasts[t - 1], expected, atol=1e-12)


def test_two_scalars_are_a_gradient_step():
    s = np.random.default_rng(3).normal(size=(2, 6, 3))
    one, zero = np.array([0.4, -0.2]), np.zeros(2)
    scalars = Scalars(zero, zero, one, zero, 0.25 * one, -0.25 * 0.3 * one)
    rate = (0.25 * one**2).sum()
    stepped = gradient_step(s, rate, 0.3 * np.eye(3)) - 0.3 * s
    np.testing.assert_allclose(scalar_predictions(s, scalars), stepped, atol=1e-13)


def test_scalars_are_read_by_key_row_and_query_column():
    kq = np.arange(32.0).reshape(2, 4, 4)
    scalars = read_scalars(kq, kq + 100)
    assert [field[0] for field in scalars] == [10, 11, 14, 15, 102, 103]
    assert [field[1] for field in scalars] == [26, 27, 30, 31, 118, 119]

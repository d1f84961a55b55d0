"""AdamW with a coupled L1 gradient: closed forms of the first updates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from reprise.specs.runs import AdamW
from reprise.training.optimizers import HYPERPARAMETERS, make_optimizer

SPEC = AdamW(name="adamw", learning_rate=0.1)


def update(gradient: float, value: float, **hyper: float) -> float:
    """The first change of one parameter."""
    scalars = {name: jnp.float32(hyper.get(name, 0.0)) for name in HYPERPARAMETERS}
    optimizer = make_optimizer(SPEC, scalars)
    params = {"w": jnp.float32(value)}
    change, _ = optimizer.update({"w": jnp.float32(gradient)}, optimizer.init(params), params)
    return float(change["w"])


@pytest.mark.parametrize("gradient", [-3.0, -1e-3, 1e-3, 7.0])
def test_the_first_step_has_the_length_of_the_learning_rate(gradient: float) -> None:
    assert update(gradient, 1.0, learning_rate=0.1) == pytest.approx(
        -0.1 * np.sign(gradient), rel=1e-4
    )


def test_decay_is_decoupled_from_the_gradients_scale() -> None:
    with_decay = update(5.0, 2.0, learning_rate=0.1, weight_decay=0.5)
    assert with_decay - update(5.0, 2.0, learning_rate=0.1) == pytest.approx(-0.1 * 0.5 * 2.0)


def test_decay_alone_shrinks_every_weight() -> None:
    assert update(0.0, -2.0, learning_rate=0.1, weight_decay=0.5) == pytest.approx(0.1)


@pytest.mark.parametrize(("value", "sign"), [(2.0, -1), (-2.0, 1), (0.0, 0)])
def test_l1_enters_the_gradient_before_adam(value: float, sign: int) -> None:
    """So that its strength hardly counts on its own: Adam divides it out."""
    for strength in (1e-3, 1.0):
        change = update(0.0, value, learning_rate=0.1, l1=strength)
        assert change == pytest.approx(0.1 * sign, rel=1e-3)


def test_hyper_parameters_may_be_traced() -> None:
    rates = jnp.array([0.1, 0.2])

    def first(rate: jax.Array) -> jax.Array:
        hyper = {"learning_rate": rate, "weight_decay": jnp.zeros(()), "l1": jnp.zeros(())}
        optimizer = make_optimizer(SPEC, hyper)
        params = jnp.ones(())
        return optimizer.update(jnp.ones(()), optimizer.init(params), params)[0]

    np.testing.assert_allclose(jax.vmap(first)(rates), [-0.1, -0.2], rtol=1e-5)

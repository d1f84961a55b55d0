"""The trained control of Proposition 2: its function, its gradients, its training, refusals."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from flax import nnx
from mesa_reference import dynamics, loss

from papers.vonoswald2023.models import preconditioned_step
from papers.vonoswald2023.spec import PreconditionedStep
from papers.vonoswald2023.theory.lag_embedding import stacked
from papers.vonoswald2023.theory.preconditioning import iterated_predictions
from reprise.specs.errors import ConfigError, validate


class Task(NamedTuple):
    token_dims: int
    target_dims: int


def build(dtype="float32", dims=3, outputs=None, **fields):
    data = {"name": "preconditioned_step", "iterations": 3, **fields}
    spec = validate(PreconditionedStep, data, "paper.yaml")
    return preconditioned_step.build(spec, Task(dims, outputs or dims), jax.random.key(0), dtype)


def with_numbers(network, alpha, beta):
    graph, state = nnx.split(network)
    nnx.replace_by_pure_dict(state, {"alpha": jnp.asarray(alpha), "beta": jnp.asarray(beta)})
    return nnx.merge(graph, state)


def test_forecasts_are_those_of_the_estimator():
    rng = np.random.default_rng(0)
    s, alpha, beta = rng.normal(size=(2, 10, 3)), rng.uniform(1, 3, 3), rng.uniform(0, 2, 3)
    with jax.enable_x64(True):
        network = build("float64", ridge=0.02, lag=1, stacked=2)
        found = jax.jit(with_numbers(network, alpha, beta))(jnp.asarray(s[:, :-1]))
        shown = preconditioned_step.views(network)
    expected = iterated_predictions(stacked(s[:, :-1], 2), s[:, 1:], alpha, beta, 0.02, lag=1)
    np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-12)
    np.testing.assert_array_equal(shown["alpha"], np.ones(3))
    np.testing.assert_array_equal(shown["beta"], np.zeros(3))


def test_single_precision_is_enough():
    s, following = dynamics(4, 50, 10)
    network = build(dims=10, iterations=6)
    numbers = np.full(6, 3.0), np.full(6, 1.0)
    found = jax.jit(with_numbers(network, *(n.astype("float32") for n in numbers)))(s)
    expected = iterated_predictions(s, following, *numbers, 0.001)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-4)


def test_training_improves_it_and_leaves_the_first_momentum():
    s, following = dynamics(64, 25, 5)
    network = build(dims=5)
    graph, state = nnx.split(network)
    optimizer = optax.adam(0.05)

    def objective(state):
        return loss(nnx.merge(graph, state)(jnp.asarray(s, "float32")), following)

    def update(carry, _):
        state, moments = carry
        value, gradient = jax.value_and_grad(objective)(state)
        change, moments = optimizer.update(gradient, moments)
        return (optax.apply_updates(state, change), moments), value

    following = jnp.asarray(following, "float32")
    start = (state, optimizer.init(state))
    (state, _), values = jax.jit(lambda x: jax.lax.scan(update, x, length=150))(start)
    assert values[-1] < 0.9 * values[0]
    trained = nnx.to_pure_dict(state)
    assert trained["beta"][0] == 0 and np.abs(trained["beta"][1:]).min() > 0


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"ridge": -0.1}, "ridge: .*greater than or equal to 0"),
        ({"iterations": 0}, "iterations: .*greater than 0"),
        ({"lag": -1}, "lag: .*greater than or equal to 0"),
        ({"stackd": 2}, "did you mean 'stacked'"),
    ],
)
def test_refusals_name_the_field(fields, words):
    with pytest.raises(ConfigError, match=words):
        build(**fields)


def test_a_task_that_asks_for_something_else_is_refused():
    with pytest.raises(ValueError, match=r"task\.tokens must be plain .* 40 numbers, targets 10"):
        build(dims=40, outputs=10)

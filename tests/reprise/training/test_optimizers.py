"""The optimisers against their definitions: closed forms of the first updates."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from pydantic import ValidationError

from reprise.specs.runs import AdamW, ClippedAdamW, Muon, Schedule
from reprise.training.optimizers import hyperparameters, make_optimizer, scheduled

SPEC = AdamW(name="adamw", learning_rate=0.1)


def update(gradient: float, value: float, **hyper: float) -> float:
    """The first change of one parameter."""
    scalars = {name: jnp.float32(hyper.get(name, 0.0)) for name in hyperparameters(SPEC)}
    optimizer = make_optimizer(SPEC, scalars, 10)
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
        optimizer = make_optimizer(SPEC, hyper, 10)
        params = jnp.ones(())
        return optimizer.update(jnp.ones(()), optimizer.init(params), params)[0]

    np.testing.assert_allclose(jax.vmap(first)(rates), [-0.1, -0.2], rtol=1e-5)


def rates(schedule: Schedule, updates: int) -> list[float]:
    """The learning rate of every update, at a peak of 2."""
    rate = scheduled(schedule, jnp.float32(2.0), updates)
    return [float(rate(jnp.int32(i)) if callable(rate) else rate) for i in range(updates)]


def test_without_a_schedule_the_rate_is_the_peak() -> None:
    assert rates(Schedule(), 3) == [2.0, 2.0, 2.0]


def test_a_schedule_rises_from_zero_and_ends_at_its_fraction() -> None:
    linear = Schedule(kind="linear", warmup_steps=2, final_fraction=0.5)
    np.testing.assert_allclose(rates(linear, 7), [0, 1, 2, 1.75, 1.5, 1.25, 1], atol=1e-6)
    cosine = rates(Schedule(kind="cosine", warmup_steps=2, final_fraction=0.1), 7)
    turns = np.pi * np.arange(5) / 4
    expected = [0, 1, *(2 * (0.1 + 0.9 * (1 + np.cos(turns)) / 2))]
    np.testing.assert_allclose(cosine, expected, atol=1e-6)
    assert rates(Schedule(warmup_steps=2), 5) == [0, 1, 2, 2, 2]


def test_the_whole_gradient_is_clipped() -> None:
    spec = AdamW(name="adamw", learning_rate=0.1, eps=10.0, clip_norm=1.0)
    hyper = {name: jnp.float32(value) for name, value in hyperparameters(spec).items()}
    optimizer = make_optimizer(spec, hyper, 10)
    params = {"a": jnp.zeros(()), "b": jnp.zeros(())}
    gradient = {"a": jnp.float32(30.0), "b": jnp.float32(40.0)}
    change, _ = optimizer.update(gradient, optimizer.init(params), params)
    for name, clipped in (("a", 0.6), ("b", 0.8)):
        assert float(change[name]) == pytest.approx(-0.1 * clipped / (clipped + 10), rel=1e-4)


def test_muon_orthogonalises_matrices_and_leaves_the_rest_to_adam() -> None:
    spec = Muon(name="muon", learning_rate=0.02, adam_learning_rate=0.1)
    hyper = {name: jnp.float32(value) for name, value in hyperparameters(spec).items()}
    optimizer = make_optimizer(spec, hyper, 10)
    key = jax.random.key(0)
    params = {"matrix": jnp.zeros((6, 6)), "bias": jnp.zeros(6)}
    gradient = {"matrix": jax.random.normal(key, (6, 6)), "bias": jnp.full(6, 3.0)}
    change, _ = optimizer.update(gradient, optimizer.init(params), params)
    lengths = np.linalg.svd(change["matrix"], compute_uv=False) / 0.02
    assert (lengths > 0.6).all()
    assert (lengths < 1.3).all(), "five Newton-Schulz steps bring singular values near 1"
    nesterov = 0.9 * (1 - 0.9) / (1 - 0.9**2) + 1
    np.testing.assert_allclose(change["bias"], -0.1 * nesterov, rtol=1e-4)


def test_muon_takes_arrays_of_one_shape_together_and_changes_each_as_alone() -> None:
    spec = Muon(name="muon", learning_rate=0.02, adam_learning_rate=0.1, weight_decay=0.1)
    hyper = {name: jnp.float32(value) for name, value in hyperparameters(spec).items()}
    shapes = {"a": (4, 6), "b": (6,), "c": (6, 4), "d": (4, 6), "e": (6,), "f": (2, 4, 6), "g": ()}
    keys = iter(jax.random.split(jax.random.key(1), 4 * len(shapes)))
    params = {name: jax.random.normal(next(keys), shape) for name, shape in shapes.items()}
    alone = optax.contrib.muon(
        0.02, beta=spec.beta, adam_b1=spec.b1, adam_b2=spec.b2, adam_learning_rate=0.1,
        ns_steps=spec.newton_schulz_steps, weight_decay=0.1,
    )  # fmt: skip
    ours = make_optimizer(spec, hyper, 10)
    states = [ours.init(params), alone.init(params)]
    for _ in range(3):
        gradient = {name: jax.random.normal(next(keys), shape) for name, shape in shapes.items()}
        found, states[0] = ours.update(gradient, states[0], params)
        expected, states[1] = alone.update(gradient, states[1], params)
        for name in shapes:
            np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-7)


def changes(spec: ClippedAdamW, gradients: list[np.ndarray], updates: int) -> list[np.ndarray]:
    """What each of the gradients changes, from ones."""
    hyper = {name: jnp.float64(value) for name, value in hyperparameters(spec).items()}
    made = make_optimizer(spec, hyper, updates)
    params = jnp.ones(len(gradients[0]))
    state, found = made.init(params), []
    for gradient in gradients:
        change, state = made.update(jnp.asarray(gradient), state, params)
        found.append(np.asarray(change))
    return found


@jax.enable_x64(True)
def test_numbers_beyond_the_bound_count_as_the_bound() -> None:
    spec = ClippedAdamW(name="clipped_adamw", learning_rate=0.1, weight_decay=0.5, clip_value=1.0)
    first, second = changes(spec, [np.array([3.0, 0.5]), np.array([-8.0, 0.5])], 10)
    g1, g2 = np.array([1.0, 0.5]), np.array([-1.0, 0.5])
    np.testing.assert_allclose(first, -0.1 * (g1 / (np.abs(g1) + 1e-8) + 0.5), rtol=1e-9)
    mean = (0.9 * 0.1 * g1 + 0.1 * g2) / (1 - 0.9**2)
    square = (0.999 * 0.001 * g1**2 + 0.001 * g2**2) / (1 - 0.999**2)
    np.testing.assert_allclose(second, -0.1 * (mean / (np.sqrt(square) + 1e-8) + 0.5), rtol=1e-9)


@jax.enable_x64(True)
def test_the_cosine_ends_at_the_horizon_and_not_at_the_last_step() -> None:
    schedule = {"kind": "cosine", "warmup_steps": 2, "final_fraction": 0.1}
    values = {"name": "clipped_adamw", "learning_rate": 1.0, "schedule": schedule, "horizon": 6}
    spec = ClippedAdamW.model_validate(values)
    found = changes(spec, [np.array([1.0])] * 9, 4)
    cosine = [0.1 + 0.9 * (1 + np.cos(np.pi * n / 4)) / 2 for n in range(5)]
    expected = [0.0, 0.5, *cosine, 0.1, 0.1]
    np.testing.assert_allclose([-change[0] for change in found], expected, atol=1e-7)


def test_a_horizon_within_the_rise_names_the_nearest() -> None:
    values = {"name": "clipped_adamw", "learning_rate": 1.0, "horizon": 5}
    with pytest.raises(ValidationError, match=r"above schedule.warmup_steps=5.*nearest: 6"):
        ClippedAdamW.model_validate({**values, "schedule": {"kind": "cosine", "warmup_steps": 5}})

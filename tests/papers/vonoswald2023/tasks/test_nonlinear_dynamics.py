"""Nonlinear systems: against a loop with jax.nn.gelu, their norms, one network for all."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from papers.shared.rng import FromKey, FromSeed
from papers.vonoswald2023.spec import NonlinearDynamics
from papers.vonoswald2023.tasks import nonlinear_dynamics as task

SPEC = NonlinearDynamics(
    name="nonlinear_dynamics", dims=10, length=50, network_seed=421, batch_size=64, test_size=64
)
PRINTED = SPEC.model_copy(update={"normalise": False, "length": 10, "initial": 1.0})


def gelu(z):
    with jax.enable_x64(True):
        return np.asarray(jax.nn.gelu(jnp.asarray(z, jnp.float64)))


def by_loop(spec, parts, n):
    """h_1, ..., h_{T+1} of sequence ``n`` in float64 from the random numbers of the sampler."""
    a, b = task.network(spec)
    one = {name: np.asarray(array[n], float) for name, array in parts.items()}
    states = [one["first"]]
    for noise in one["process_noise"]:
        bent = gelu(states[-1] @ a) @ b
        if spec.normalise:
            bent = bent / np.sqrt(sum(x * x for x in bent))
        states.append(one["transition"] @ bent + noise)
    return np.stack(states)


@functools.cache
def sampler():
    """From a key to the random numbers of a batch and the batch."""
    return jax.jit(lambda key: (task.draw(SPEC, FromKey(key), 64), task.sample(SPEC, key)))


def drawn(seed=0):
    return jax.device_get(sampler()(jax.random.key(seed)))[1]


@pytest.mark.parametrize("spec", [SPEC, PRINTED], ids=["normalised", "printed"])
def test_evaluation_data_are_those_of_a_loop_in_double_precision(spec):
    parts = task.draw(spec, FromSeed(3).named("evaluation"), 5)
    found = task.evaluation(spec, 5, 3)
    for n in range(5):
        expected = by_loop(spec, parts, n)
        np.testing.assert_allclose(found["observations"][n], expected, rtol=1e-8, atol=1e-8)
    np.testing.assert_array_equal(found["x"], found["observations"][:, :-1])
    np.testing.assert_array_equal(found["y"], found["observations"][:, 1:])
    first, second = task.network(spec)
    np.testing.assert_allclose(
        found["features"], gelu(found["observations"] @ first) @ second, rtol=1e-9, atol=1e-9
    )


def test_batches_follow_the_recursion_step_by_step():
    """One step at a time, from the sampler's own states: the system itself is not contracting."""
    parts, batch = sampler()(jax.random.key(0))
    batch = {name: np.asarray(array, float) for name, array in batch.items()}
    transition, noise = (np.asarray(parts[n], float) for n in ("transition", "process_noise"))
    a, b = task.network(SPEC)
    bent = gelu(batch["x"] @ a) @ b
    bent /= np.linalg.norm(bent, axis=-1, keepdims=True)
    expected = np.einsum("nij,ntj->nti", transition, bent) + noise
    np.testing.assert_allclose(batch["y"], expected, atol=1e-5)
    np.testing.assert_array_equal(batch["x"][:, 1:], batch["y"][:, :-1])
    np.testing.assert_array_equal(batch["x"][:, 0], np.asarray(parts["first"]))


def test_norms_are_one_from_the_second_state_on():
    """|s_t|^2 = 1 + 10 * 0.01^2 on average, so the zero prediction loses 0.5005 (section 2.2)."""
    squared = (task.evaluation(SPEC, 2000, 0)["observations"] ** 2).sum(axis=-1)
    assert 0.5 * squared[:, 1:].mean() == pytest.approx(0.5005, abs=1e-4)
    assert squared[:, 1:].std() == pytest.approx(2 * 0.01, rel=0.05)
    assert squared[:, 0].mean() == pytest.approx(10 * 0.25**2 / 3, rel=0.05)
    zeros = jnp.zeros((64, 50, 10))
    assert float(task.loss(SPEC, zeros, drawn())) == pytest.approx(0.5005, abs=1e-3)


def test_one_network_serves_all_sequences_and_seeds():
    first, second = task.network(SPEC)
    assert first.shape == (10, 40) and second.shape == (40, 10)
    weights = np.concatenate([first.ravel(), second.ravel()])
    assert weights.std() == pytest.approx(1.1, rel=0.08)
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.2
    other, _ = task.network(SPEC.model_copy(update={"network_seed": 1}))
    assert np.abs(other - first).max() > 0.1
    shorter, _ = task.network(SPEC.model_copy(update={"length": 20, "initial": 1.0}))
    np.testing.assert_array_equal(shorter, first)


def test_transitions_are_orthogonal_and_new_in_every_sequence():
    w = task.evaluation(SPEC, 8, 0)["transition"]
    np.testing.assert_allclose(np.einsum("nij,nkj->nik", w, w), [np.eye(10)] * 8, atol=1e-12)
    assert np.abs(np.diff(w, axis=0)).max(axis=(1, 2)).min() > 0.1


def test_data_follow_their_seed():
    assert (np.asarray(drawn(1)["y"]) != np.asarray(drawn()["y"])).mean() > 0.99
    first, again, other = (task.splits(SPEC, seed)["test"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first["x"], again["x"])
    assert (first["y"] != other["y"]).all() and first["x"].shape == (64, 50, 10)
    assert drawn()["x"].dtype == np.float32


def test_metrics_and_tokens_are_those_of_sequences():
    spec = SPEC.model_copy(update={"tokens": "constructed"})
    test = task.splits(spec, 0)["test"]
    assert test["x"].shape == (64, 50, 40) and test["y"].shape == (64, 50, 10)
    found = task.metrics(spec, jnp.zeros((64, 50, 40)), test)
    assert set(found) == {"loss", "error_t10", "error_t20", "error_t50"}
    assert float(found["error_t10"]) == pytest.approx(0.5 * (test["y"][:, 9] ** 2).sum(-1).mean())

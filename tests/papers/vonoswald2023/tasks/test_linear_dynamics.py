"""Linear systems: against a loop over single sequences, energies of section 2.2, seeds."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from papers.shared.rng import FromKey, FromSeed
from papers.vonoswald2023.spec import LinearDynamics
from papers.vonoswald2023.tasks import linear_dynamics as task

FULL = LinearDynamics(name="linear_dynamics", dims=10, length=50, batch_size=1000, test_size=1000)
PARTIAL = FULL.model_copy(update={"dims": 15, "observed": 5, "observation_noise": 0.01})
CONTRACTING = FULL.model_copy(update={"system": "contracting", "clip": 2.0})
FIXED = FULL.model_copy(update={"system": "fixed", "teacher_seed": 42})
SPECS = {"full": FULL, "partial": PARTIAL, "contracting": CONTRACTING, "fixed": FIXED}
every_system = pytest.mark.parametrize("name", SPECS)


@functools.cache
def sampler(spec):
    """From a key to the random numbers of a batch and the batch."""
    return jax.jit(
        lambda key: (task.draw(spec, FromKey(key), spec.batch_size), task.sample(spec, key))
    )


def made(spec, seed=0):
    return jax.device_get(sampler(spec)(jax.random.key(seed)))


def drawn(spec, seed=0):
    return made(spec, seed)[1]


@functools.cache
def many(spec, count=4000):
    return task.evaluation(spec, count, 7)


def by_loop(spec, parts, n):
    """s_1, ..., s_{T+1} of sequence ``n`` in float64 from the random numbers of the sampler."""
    one = {name: np.asarray(array[n], float) for name, array in parts.items()}
    state, seen = one["first"], []
    for t in range(spec.length + 1):
        s = one["observation"] @ state if spec.observed else state
        seen.append(s + one["observation_noise"][t] if spec.observation_noise else s)
        if t < spec.length:
            state = one["transition"] @ state + one["process_noise"][t]
            if spec.clip:
                state = np.minimum(np.maximum(state, -spec.clip), spec.clip)
    return np.stack(seen)


@every_system
def test_batches_are_those_of_a_loop_over_single_sequences(name):
    spec = SPECS[name]
    parts, batch = made(spec)
    for n in range(20):
        seen = by_loop(spec, parts, n)
        np.testing.assert_allclose(batch["x"][n], seen[:-1], atol=2e-4)
        np.testing.assert_allclose(batch["y"][n], seen[1:], atol=2e-4)


@every_system
def test_evaluation_data_are_those_of_a_loop_in_double_precision(name):
    spec = SPECS[name]
    parts = task.draw(spec, FromSeed(3).named("evaluation"), 10)
    found = task.evaluation(spec, 10, 3)
    for n in range(10):
        np.testing.assert_allclose(found["observations"][n], by_loop(spec, parts, n), atol=1e-11)
    np.testing.assert_array_equal(found["x"], found["observations"][:, :-1])
    np.testing.assert_array_equal(found["y"], found["observations"][:, 1:])


@pytest.mark.parametrize("tokens", ["plain", "constructed", "constructed_one_layer"])
@every_system
def test_batches_have_the_stated_shapes_and_types(name, tokens):
    spec = SPECS[name].model_copy(update={"tokens": tokens})
    batch = jax.eval_shape(functools.partial(task.sample, spec), jax.random.key(0))
    assert {key: (array.shape, str(array.dtype)) for key, array in batch.items()} == {
        "x": ((1000, 50, spec.token_dims), "float32"),
        "y": ((1000, 50, spec.target_dims), "float32"),
    }


def test_energy_of_orthogonal_systems_rises_with_the_noise_alone():
    """E |s_t|^2 / 2 is 10 / 6 at t = 1 and gains 10 * 0.01^2 / 2 at every step (section 2.2)."""
    energy = 0.5 * (many(FULL)["observations"] ** 2).sum(axis=-1)
    deviation = energy.std(axis=0) / np.sqrt(len(energy))
    expected = 10 / 6 + 10 * 0.01**2 / 2 * np.arange(51)
    assert expected[50] == pytest.approx(1.692, abs=0.001)
    assert (np.abs(energy.mean(axis=0) - expected) < 4 * deviation).all()
    # Within a sequence only noise moves the energy: the mean rise, to a hundredth of it
    noisy = many(FULL.model_copy(update={"process_noise": 0.5}))["observations"]
    rise = 0.5 * ((noisy[:, -1] ** 2).sum(axis=-1) - (noisy[:, 0] ** 2).sum(axis=-1))
    assert rise.mean() == pytest.approx(50 * 10 * 0.25 / 2, rel=0.03)


def test_energy_of_partial_observations():
    """Half of 5 numbers of variance 15 / 3 * 0.25: 3.125 for the zero prediction (section 2.2)."""
    losses = 0.5 * (many(PARTIAL)["y"] ** 2).sum(axis=-1).mean(axis=1)
    assert losses.mean() == pytest.approx(3.13, abs=4 * losses.std() / np.sqrt(4000))


def test_energy_of_contracting_systems():
    """The zero prediction loses 3.99 at t = 1 and 2.28 on average; a third touches the clip.

    The first number is that of the published arrays (one step of gradient descent predicts 0 at
    t = 1): 5 times at least 256 sequences, hence a standard error of 0.14 at most.
    """
    found = many(CONTRACTING)
    losses = 0.5 * (found["y"] ** 2).sum(axis=-1)
    assert losses.mean() == pytest.approx(2.28, abs=0.15)
    assert losses[:, 0].mean() == pytest.approx(3.99, abs=3 * 0.14)
    touched = (np.abs(found["states"]) == 2.0).any(axis=(1, 2)).mean()
    assert touched == pytest.approx(0.33, abs=0.04)
    assert np.abs(found["states"]).max() == 2.0


@every_system
def test_zero_predictions_lose_the_same_in_training_and_test(name):
    spec = SPECS[name]
    batch, test = drawn(spec), task.splits(spec, 0)["test"]
    zeros = jnp.zeros((1000, 50, spec.token_dims))
    loss, at_test = (float(task.loss(spec, zeros, data)) for data in (batch, test))
    each = [0.5 * (np.asarray(data["y"]) ** 2).sum(-1).mean(-1) for data in (batch, test)]
    assert abs(loss - at_test) < 4 * np.hypot(*(losses.std() for losses in each)) / 1000**0.5
    assert loss == pytest.approx(each[0].mean(), rel=1e-5)
    assert at_test == pytest.approx(each[1].mean(), rel=1e-5)


def test_orthogonal_states_keep_their_norm_without_noise():
    spec = FULL.model_copy(update={"process_noise": 0.0})
    norms = np.linalg.norm(np.asarray(drawn(spec)["x"]), axis=-1)
    np.testing.assert_allclose(norms, np.broadcast_to(norms[:, :1], norms.shape), rtol=1e-5)


def test_first_states_are_uniform():
    first = many(FULL)["states"][:, 0]
    assert np.abs(first).max() <= 1 and np.abs(first).max() > 0.999
    assert (first**2).mean() == pytest.approx(1 / 3, abs=0.01)
    wide = task.evaluation(FULL.model_copy(update={"initial": 3.0}), 4000, 7)["states"][:, 0]
    np.testing.assert_allclose(wide, 3 * first)


def test_every_sequence_has_a_system_of_its_own_unless_it_is_fixed():
    assert np.abs(np.diff(many(FULL)["transition"][:50], axis=0)).max(axis=(1, 2)).min() > 0.1
    one, other = (task.evaluation(FIXED, 5, seed)["transition"] for seed in (0, 1))
    np.testing.assert_array_equal(one, other)
    np.testing.assert_array_equal(one, np.broadcast_to(one[0], one.shape))
    device = np.asarray(made(FIXED)[0]["transition"])
    np.testing.assert_allclose(device[:5], one, atol=1e-6)
    another = task.evaluation(FIXED.model_copy(update={"teacher_seed": 1}), 5, 0)["transition"]
    assert np.abs(another - one).max() > 0.1


def test_noise_free_partial_observations_obey_a_recursion_of_three():
    """15 states seen through 5 numbers: three observations fix the next one (section 4.4)."""
    spec = PARTIAL.model_copy(update={"process_noise": 0.0, "observation_noise": 0.0})
    for s in task.evaluation(spec, 5, 0)["observations"]:
        stacked = np.concatenate([s[2:-1], s[1:-2], s[:-3]], axis=1)
        weights = np.linalg.lstsq(stacked, s[3:])[0]
        np.testing.assert_allclose(stacked @ weights, s[3:], atol=1e-7)
        short = np.concatenate([s[1:-1], s[:-2]], axis=1)
        weights = np.linalg.lstsq(short, s[2:])[0]
        assert np.abs(short @ weights - s[2:]).max() > 0.1


@every_system
def test_data_follow_their_seed(name):
    spec = SPECS[name]
    assert (np.asarray(drawn(spec, 1)["y"]) != np.asarray(drawn(spec)["y"])).mean() > 0.8
    first, again, other = (task.splits(spec, seed)["test"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first["x"], again["x"])
    assert (first["y"] != other["y"]).mean() > 0.8
    assert first["x"].dtype == np.float64
    assert (task.evaluation(spec, 1000, 0)["y"] != first["y"]).mean() > 0.8


def test_systems_of_one_seed_share_starts_and_noise():
    full, contracting = (task.draw(spec, FromSeed(0), 4) for spec in (FULL, CONTRACTING))
    np.testing.assert_array_equal(full["first"], contracting["first"])
    np.testing.assert_array_equal(full["process_noise"], contracting["process_noise"])


def test_members_can_be_drawn_side_by_side():
    keys = jax.vmap(jax.random.key)(np.arange(2))
    together = jax.jit(jax.vmap(functools.partial(task.sample, FULL)))(keys)
    for seed in range(2):
        np.testing.assert_allclose(together["x"][seed], drawn(FULL, seed)["x"], atol=1e-5)

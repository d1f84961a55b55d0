"""Streams of pairs: layouts with separators, prefixes and two blocks; what is predicted where."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from papers.vonoswald2023.spec import FewShotRegression
from papers.vonoswald2023.tasks import few_shot_regression as task

PLAIN = FewShotRegression(name="few_shot_regression", dims=3, pairs=6, batch_size=32, test_size=8)
EOS = PLAIN.model_copy(update={"eos": True})
PREFIX = PLAIN.model_copy(update={"eos": True, "prefix": 2})
TWO = PLAIN.model_copy(update={"eos": True, "prefix": 2, "pairs": 2, "second_pairs": 3})
SPECS = {"plain": PLAIN, "eos": EOS, "prefix": PREFIX, "two": TWO}
LETTERS = {
    "plain": "xy" * 6,
    "eos": "xy." * 6,
    "prefix": "pp" + "xy." * 6,
    "two": "ppxy.xy.ppxy.xy.xy.",
}
every_layout = pytest.mark.parametrize("name", SPECS)


@functools.cache
def sampler(spec):
    return jax.jit(functools.partial(task.sample, spec))


def drawn(spec, seed=0):
    return sampler(spec)(jax.random.key(seed))


@every_layout
def test_the_layout_is_as_written_out(name):
    kinds = task.layout(SPECS[name])
    assert "".join("xy.p"[kind] for kind in kinds) == LETTERS[name]
    assert len(kinds) == SPECS[name].positions == len(LETTERS[name])


@every_layout
@pytest.mark.parametrize("library", ["jax", "numpy"])
def test_tokens_are_put_together_one_by_one(name, library):
    spec = SPECS[name]
    batch = drawn(spec) if library == "jax" else task.splits(spec, 0)["test"]
    x, y = np.asarray(batch["x"]), np.asarray(batch["y"])
    assert y.shape == (len(x), LETTERS[name].count("x"), 3)
    for n in range(3):
        labels = iter(y[n])
        for letter, token in zip(LETTERS[name], x[n], strict=True):
            if letter == "y":
                np.testing.assert_array_equal(token, next(labels))
            assert (token != 0).all() if letter in "xy" else (token == 0).all()


@every_layout
def test_labels_are_an_orthogonal_map_of_the_inputs(name):
    spec = SPECS[name]
    found = task.evaluation(spec, 20, 0)
    block = np.repeat(range(len(spec.blocks)), spec.blocks)
    w = found["transition"]
    np.testing.assert_allclose(
        w @ w.swapaxes(-1, -2), np.broadcast_to(np.eye(3), w.shape), atol=1e-12
    )
    residual = []
    for n in range(20):
        positions = [i for i, letter in enumerate(LETTERS[name]) if letter == "x"]
        for pair, i in enumerate(positions):
            np.testing.assert_array_equal(found["x"][n, i], found["inputs"][n, pair])
            expected = w[n, block[pair]] @ found["inputs"][n, pair]
            residual.append(found["y"][n, pair] - expected)
    assert np.std(residual) == pytest.approx(0.01, rel=0.15)
    if len(spec.blocks) > 1:
        assert np.abs(w[:, 0] - w[:, 1]).max(axis=(1, 2)).min() > 0.1


def test_inputs_are_uniform_and_labels_have_their_energy():
    """E |y|^2 / 2 = dims / 6 plus the noise: 1.667 for ten numbers, the zero prediction."""
    spec = PLAIN.model_copy(update={"dims": 10, "pairs": 60, "batch_size": 500})
    batch = drawn(spec)
    assert np.abs(batch["x"][:, ::2]).max() <= 1
    assert np.var(batch["x"][:, ::2]) == pytest.approx(1 / 3, rel=0.01)
    loss = float(task.loss(spec, jnp.zeros((500, 120, 10)), batch))
    assert loss == pytest.approx(10 / 6, rel=0.01)


@every_layout
def test_predictions_are_read_at_the_inputs(name):
    spec = SPECS[name]
    outputs = np.arange(len(LETTERS[name]))[None, :, None] + np.zeros(5)
    found = task.predictions(spec, outputs)
    positions = [i for i, letter in enumerate(LETTERS[name]) if letter == "x"]
    np.testing.assert_array_equal(found, np.array(positions)[None, :, None] + np.zeros(3))


@every_layout
def test_loss_and_metrics_by_hand(name):
    spec = SPECS[name]
    batch = task.splits(spec, 0)["test"]
    outputs = np.random.default_rng(0).normal(size=(8, spec.positions, 4))
    positions = [i for i, letter in enumerate(LETTERS[name]) if letter == "x"]
    curve = [
        0.5 * np.mean([((outputs[n, i, :3] - batch["y"][n, p]) ** 2).sum() for n in range(8)])
        for p, i in enumerate(positions)
    ]
    found = task.metrics(spec, jnp.asarray(outputs), batch)
    assert float(task.loss(spec, jnp.asarray(outputs), batch)) == pytest.approx(
        np.mean(curve), rel=1e-5
    )
    last = len(positions) - 1
    assert set(found) == {"loss", "error_n0", "error_n3", f"error_n{last}"}
    assert float(found["loss"]) == pytest.approx(np.mean(curve), rel=1e-5)
    for n in (0, 3, last):
        assert float(found[f"error_n{n}"]) == pytest.approx(curve[n], rel=1e-5)


@pytest.mark.parametrize("library", [np, jnp])
@every_layout
def test_separators_and_prefixes_are_filled_in(name, library):
    spec = SPECS[name]
    batch = task.splits(spec, 0)["test"]
    eos, prefix = np.array([7.0, 8, 9]), np.array([[1.0, 2, 3], [4, 5, 6]])
    found = np.asarray(
        task.fill(spec, library.asarray(batch["x"]), library.asarray(eos), library.asarray(prefix))
    )
    place = 0
    for i, letter in enumerate(LETTERS[name]):
        if letter == ".":
            assert (found[:, i] == eos).all()
        elif letter == "p":
            assert (found[:, i] == prefix[place % 2]).all()
            place += 1
        else:
            np.testing.assert_allclose(found[:, i], batch["x"][:, i], rtol=1e-6)
    np.testing.assert_array_equal(task.fill(spec, batch["x"]), batch["x"])


def test_gradients_reach_what_is_filled_in():
    batch = drawn(PREFIX)

    def total(eos, prefix):
        return task.fill(PREFIX, batch["x"], eos, prefix).sum()

    by_eos, by_prefix = jax.grad(total, argnums=(0, 1))(jnp.zeros(3), jnp.zeros((2, 3)))
    np.testing.assert_array_equal(by_eos, np.full(3, 32 * 6.0))
    np.testing.assert_array_equal(by_prefix, np.full((2, 3), 32.0))


def test_layouts_of_the_same_pairs_share_their_numbers():
    plain, eos, prefix = (task.evaluation(spec, 4, 0) for spec in (PLAIN, EOS, PREFIX))
    for other in (eos, prefix):
        np.testing.assert_array_equal(plain["inputs"], other["inputs"])
        np.testing.assert_array_equal(plain["y"], other["y"])


def test_data_follow_their_seed():
    assert (np.asarray(drawn(PLAIN, 1)["y"]) != np.asarray(drawn(PLAIN)["y"])).mean() > 0.99
    first, again, other = (task.splits(TWO, seed)["test"] for seed in (0, 0, 1))
    np.testing.assert_array_equal(first["x"], again["x"])
    assert (first["y"] != other["y"]).all() and first["x"].dtype == np.float64
    assert drawn(TWO)["x"].dtype == np.float32

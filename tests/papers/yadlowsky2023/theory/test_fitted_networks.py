"""Networks fitted to prompts: they fit, they repeat, they follow optax step by step."""

import jax
import jax.numpy as jnp
import numpy as np
import optax

from papers.yadlowsky2023.spec import Convex, Law
from papers.yadlowsky2023.tasks.prompts import prompts
from papers.yadlowsky2023.theory.fitted_networks import tanh_network


def test_curves_are_interpolated():
    made = prompts(Convex(kind="convex", alpha=Law(fixed=0.5)), 8, 20, 0)
    x, y = made["inputs"][..., 0], made["y"]
    between = np.linspace(-0.5, 0.5, 11)[None].repeat(8, 0)
    found = tanh_network(x, y, np.concatenate([x, between], axis=1))
    assert ((found[:, :20] - y) ** 2).mean() < 1e-3
    truth = prompts(Convex(kind="convex", alpha=Law(fixed=0.5)), 8, 20, 0, queries=between[0])
    assert ((found[:, 20:] - truth["query_y"]) ** 2).mean() < 0.05


def test_results_follow_the_seed():
    x, y = np.linspace(-1, 1, 5)[None], np.zeros((1, 5))
    first, again, other = (tanh_network(x, y, x, seed=s, steps=3) for s in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_full_batch_steps_are_those_of_adam():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(1, 6)), rng.normal(size=(1, 6))
    start, after = (tanh_network(x, y, x, hidden=4, steps=s, learning_rate=0.01) for s in (0, 2))

    key = jax.random.split(jax.random.split(jax.random.key(0), 1)[0])[0]
    sizes, keys = [(1, 4), (4, 4), (4, 1)], jax.random.split(key, 3)
    weights = [jax.random.normal(k, s) / np.sqrt(s[0]) for k, s in zip(keys, sizes, strict=True)]
    params = [(w, jnp.zeros(w.shape[1])) for w in weights]

    def predict(params):
        (a, b), (c, d), (e, f) = params
        inputs = jnp.asarray(x[0][:, None], jnp.float32)
        return (jnp.tanh(jnp.tanh(inputs @ a + b) @ c + d) @ e + f)[:, 0]

    @jax.jit
    def update(params, state):
        gradient = jax.grad(lambda p: jnp.mean((predict(p) - y[0]) ** 2))(params)
        change, state = adam.update(gradient, state)
        return optax.apply_updates(params, change), state

    np.testing.assert_allclose(start[0], predict(params), rtol=1e-5)
    adam = optax.adam(0.01)
    state = adam.init(params)
    for _ in range(2):
        params, state = update(params, state)
    np.testing.assert_allclose(after[0], predict(params), rtol=1e-4)


def test_without_pairs_the_prediction_is_zero():
    none = np.zeros((2, 0))
    assert (tanh_network(none, none, np.ones((2, 4))) == 0).all()

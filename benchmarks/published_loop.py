"""The way the article trains, written afresh from its description: the peer we measure against.

One jitted step per Python iteration, one network at a time, every example multiplied through the
factors (embedding row, in-projection, out-projection, unembedding), float64.
"""

import time
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

Params = dict[str, jax.Array]


def modular_steps_per_s(
    steps: int, dtype: str, modulus: int = 67, embed: int = 500, hidden: int = 24
) -> float:
    """Steps per second of the main network (Pearce et al. 2023, R-main), compilation excluded."""
    rng = np.random.RandomState(0)
    pairs = np.array([(a, b) for a in range(modulus) for b in range(a, modulus)])
    train = pairs[rng.permutation(len(pairs))[: int(0.4 * len(pairs))]]
    x, y = jnp.asarray(train), jnp.asarray(train.sum(1) % modulus)
    shapes = {"embed": (modulus, embed), "in": (embed, hidden), "out": (hidden, embed)}
    params = {k: jnp.asarray(rng.randn(*s) / s[0] ** 0.5, dtype) for k, s in shapes.items()}

    def loss(params: Params) -> jax.Array:
        rows = params["embed"][x]
        act = jax.nn.relu(rows[:, 0] @ params["in"] + rows[:, 1] @ params["in"])
        logits = act @ params["out"] @ params["embed"].T
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean() / modulus

    return _measure(loss, params, optax.adamw(1e-3, 0.9, 0.98, weight_decay=1.0), steps)


def parity_steps_per_s(steps: int, hidden: int, train_size: int) -> float:
    """Steps per second of one parity network of the sweep, float32, compilation excluded."""
    rng = np.random.RandomState(0)
    bits = rng.randint(0, 2, (train_size, 30))
    x = jnp.asarray(np.concatenate([bits, np.ones((train_size, 1))], 1), "float32")
    y = jnp.asarray(bits[:, :3].sum(1) % 2, "float32")
    params = {
        "in": jnp.asarray(rng.randn(31, hidden) / 31**0.5, "float32"),
        "out": jnp.asarray(rng.randn(hidden, 1) / hidden**0.5, "float32"),
    }

    def loss(params: Params) -> jax.Array:
        logits = (jax.nn.relu(x @ params["in"]) @ params["out"])[:, 0]
        p = jnp.clip(jax.nn.sigmoid(logits), 1e-7, 1 - 1e-7)
        return -(y * jnp.log(p) + (1 - y) * jnp.log(1 - p)).mean()

    return _measure(loss, params, optax.adamw(3e-3, 0.99, 0.98, weight_decay=0.1), steps)


def _measure(
    loss: Any, params: Params, optimizer: optax.GradientTransformation, steps: int
) -> float:
    @jax.jit
    def update(params: Params, state: Any) -> tuple[Params, Any, jax.Array]:
        value, gradient = jax.value_and_grad(loss)(params)
        change, state = optimizer.update(gradient, state, params)
        return optax.apply_updates(params, change), state, value

    state = optimizer.init(params)
    params, state, value = update(params, state)
    jax.block_until_ready(value)
    began = time.perf_counter()
    for step in range(steps):
        params, state, value = update(params, state)
        if step % 100 == 0:
            float(value)
    jax.block_until_ready(value)
    return steps / (time.perf_counter() - began)

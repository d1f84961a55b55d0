"""Small networks fitted to each prompt by Adam: a baseline that knows no class (JAX, float32).

All prompts train side by side, each on its own context, from one seeded initialisation each.
"""

import itertools
from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

Layers = list[dict[str, jax.Array]]
State = tuple[Layers, optax.OptState]


def tanh_network(
    context_x: Float[np.ndarray, "prompt pair"],
    context_y: Float[np.ndarray, "prompt pair"],
    query_x: Float[np.ndarray, "prompt query"],
    seed: int = 0,
    hidden: int = 64,
    steps: int = 1000,
    learning_rate: float = 1e-2,
) -> Float[np.ndarray, "prompt query"]:
    """Interpolation of curves by three layers on the whole context at every step."""
    if context_x.shape[1] == 0:
        return np.zeros(query_x.shape)
    keys = jax.random.split(jax.random.key(seed), len(context_x))
    x, y, query = (jnp.asarray(a, jnp.float32) for a in (context_x, context_y, query_x))
    data = keys, x[..., None], y, query[..., None]
    return np.asarray(_fit(*data, jnp.asarray(steps), (hidden, hidden), learning_rate), float)


@partial(jax.jit, static_argnums=(5, 6))
def _fit(
    keys: jax.Array,
    x: Float[Array, "prompt pair dim"],
    y: Float[Array, "prompt pair"],
    query: Float[Array, "prompt query dim"],
    steps: Array,
    hidden: Sequence[int],
    learning_rate: float,
) -> Float[Array, "prompt query"]:
    """Predictions of networks with layers of ``hidden`` features, one per key."""
    optimizer = optax.adam(learning_rate)

    def loss(layers: Layers, x: jax.Array, y: jax.Array) -> jax.Array:
        return jnp.mean((_apply(layers, x) - y) ** 2)

    def fit(key: jax.Array, x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
        start, _ = jax.random.split(key)
        layers = _initial(start, (x.shape[1], *hidden, 1))

        def step(_: Array, state: State) -> State:
            layers, moments = state
            gradient = jax.grad(loss)(layers, x, y)
            change, moments = optimizer.update(gradient, moments)
            return optax.apply_updates(layers, change), moments

        layers, _ = jax.lax.fori_loop(0, steps, step, (layers, optimizer.init(layers)))
        return _apply(layers, query)

    return jax.vmap(fit)(keys, x, y, query)


def _initial(key: jax.Array, widths: Sequence[int]) -> Layers:
    """Weights N(0, 1 / inputs) and biases of zero."""
    pairs = list(itertools.pairwise(widths))
    keys = jax.random.split(key, len(pairs))
    return [
        {"w": jax.random.normal(k, pair, jnp.float32) / np.sqrt(pair[0]), "b": jnp.zeros(pair[1])}
        for k, pair in zip(keys, pairs, strict=True)
    ]


def _apply(layers: Layers, x: jax.Array) -> jax.Array:
    for layer in layers[:-1]:
        x = jnp.tanh(x @ layer["w"] + layer["b"])
    return (x @ layers[-1]["w"] + layers[-1]["b"])[:, 0]

"""Small networks fitted to each prompt by Adam: a baseline that knows no class (JAX, float32).

All prompts train side by side, each on its own context, from one seeded initialisation each.
"""

import itertools
from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Float

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
    fit = _fit((hidden, hidden), steps, learning_rate)
    return np.asarray(jax.jit(jax.vmap(fit))(keys, x[..., None], y, query[..., None]), float)


def _fit(hidden: Sequence[int], steps: int, learning_rate: float) -> Callable[..., jax.Array]:
    """A function (key, x [pair, dim], y [pair], query [query, dim]) -> predictions [query]."""
    optimizer = optax.adam(learning_rate)

    def loss(layers: Layers, x: jax.Array, y: jax.Array) -> jax.Array:
        return jnp.mean((_apply(layers, x) - y) ** 2)

    def fit(key: jax.Array, x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
        start, _ = jax.random.split(key)
        layers = _initial(start, (x.shape[1], *hidden, 1))

        def step(state: State, _: None) -> tuple[State, None]:
            layers, moments = state
            gradient = jax.grad(loss)(layers, x, y)
            change, moments = optimizer.update(gradient, moments)
            return (optax.apply_updates(layers, change), moments), None

        (layers, _), _ = jax.lax.scan(step, (layers, optimizer.init(layers)), length=steps)
        return _apply(layers, query)

    return fit


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

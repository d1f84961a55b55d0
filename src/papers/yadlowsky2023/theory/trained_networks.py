"""Small networks fitted to each prompt by Adam: baselines that know no class (JAX, float32).

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


def relu_network(
    context_x: Float[np.ndarray, "prompt pair dim"],
    context_y: Float[np.ndarray, "prompt pair"],
    query_x: Float[np.ndarray, "prompt query dim"],
    seed: int = 0,
    hidden: int = 100,
    steps: int = 5000,
    batch: int = 10,
    learning_rate: float = 5e-3,
) -> Float[np.ndarray, "prompt query"]:
    """Two layers, minibatches drawn with replacement, as in Garg et al. 2022, section 5.

    They use a rate of .005 on ReLU networks and .05 on linear functions.
    """
    fit = _fit(jax.nn.relu, (hidden,), steps, batch, learning_rate)
    return _over_prompts(fit, context_x, context_y, query_x, seed)


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
    fit = _fit(jnp.tanh, (hidden, hidden), steps, None, learning_rate)
    return _over_prompts(fit, context_x[..., None], context_y, query_x[..., None], seed)


def _over_prompts(
    fit: Callable[..., jax.Array], x: np.ndarray, y: np.ndarray, query: np.ndarray, seed: int
) -> np.ndarray:
    if x.shape[1] == 0:
        return np.zeros(query.shape[:2])
    keys = jax.random.split(jax.random.key(seed), len(x))
    arrays = (jnp.asarray(a, jnp.float32) for a in (x, y, query))
    return np.asarray(jax.jit(jax.vmap(fit))(keys, *arrays), float)


def _fit(
    activation: Callable[[jax.Array], jax.Array],
    hidden: Sequence[int],
    steps: int,
    batch: int | None,
    learning_rate: float,
) -> Callable[..., jax.Array]:
    """A function (key, x [pair, dim], y [pair], query [query, dim]) -> predictions [query]."""
    optimizer = optax.adam(learning_rate)

    def loss(layers: Layers, x: jax.Array, y: jax.Array) -> jax.Array:
        return jnp.mean((_apply(layers, activation, x) - y) ** 2)

    def fit(key: jax.Array, x: jax.Array, y: jax.Array, query: jax.Array) -> jax.Array:
        start, draws = jax.random.split(key)
        layers = _initial(start, (x.shape[1], *hidden, 1))

        def step(state: State, number: jax.Array) -> tuple[State, None]:
            layers, moments = state
            rows = jnp.arange(len(x))
            if batch is not None:
                rows = jax.random.randint(jax.random.fold_in(draws, number), (batch,), 0, len(x))
            gradient = jax.grad(loss)(layers, x[rows], y[rows])
            change, moments = optimizer.update(gradient, moments)
            return (optax.apply_updates(layers, change), moments), None

        (layers, _), _ = jax.lax.scan(step, (layers, optimizer.init(layers)), jnp.arange(steps))
        return _apply(layers, activation, query)

    return fit


def _initial(key: jax.Array, widths: Sequence[int]) -> Layers:
    """Weights N(0, 1 / inputs) and biases of zero."""
    pairs = list(itertools.pairwise(widths))
    keys = jax.random.split(key, len(pairs))
    return [
        {"w": jax.random.normal(k, pair, jnp.float32) / np.sqrt(pair[0]), "b": jnp.zeros(pair[1])}
        for k, pair in zip(keys, pairs, strict=True)
    ]


def _apply(layers: Layers, activation: Callable[[jax.Array], jax.Array], x: jax.Array) -> jax.Array:
    for layer in layers[:-1]:
        x = activation(x @ layer["w"] + layer["b"])
    return (x @ layers[-1]["w"] + layers[-1]["b"])[:, 0]

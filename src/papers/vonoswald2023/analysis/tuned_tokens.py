"""Tokens tuned by gradients through a frozen network, on few-shot streams.

A separator after every pair tells the network which pairs belong together, a prefix prepares it for
the task (von Oswald et al. 2023, App. F.1.4): the network stays as it was trained, on sequences of
dynamical systems.
"""

from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Float, Key

from papers.vonoswald2023.spec import FewShotRegression
from papers.vonoswald2023.tasks import few_shot_regression as task

Tokens = Float[Array, "token dim"]
Network = Callable[[Array], Array]
"""Sequences [n, T, dims] to predictions [n, T, at least dims]."""


def tuned_separator(
    network: Network, spec: FewShotRegression, steps: int, rate: float, key: Key[Array, ""]
) -> tuple[Tokens, Float[Array, " step"]]:
    """The separator [1, dims] after ``steps`` of Adam from a normal start, and loss before each.

    Every step sees a fresh batch of ``spec``, whose ``eos`` must be set.
    """
    if not spec.eos:
        raise ValueError("eos must be true: there is no separator to tune")

    def loss(token: Tokens, batch: Key[Array, ""]) -> Array:
        return stream_loss(network, spec, batch, token[0], None)

    return tuned(loss, _normal(1, spec.dims, key), steps, rate, key)


def tuned_prefix(
    network: Network,
    spec: FewShotRegression,
    eos: Float[Array, " dim"],
    steps: int,
    rate: float,
    key: Key[Array, ""],
) -> tuple[Tokens, Float[Array, " step"]]:
    """The same for the prefix [spec.prefix, dims], the separator ``eos`` staying as it is."""
    if not spec.prefix:
        raise ValueError("prefix must be at least 1: there is no prefix to tune")

    def loss(tokens: Tokens, batch: Key[Array, ""]) -> Array:
        return stream_loss(network, spec, batch, eos, tokens)

    return tuned(loss, _normal(spec.prefix, spec.dims, key), steps, rate, key)


def stream_loss(
    network: Network,
    spec: FewShotRegression,
    key: Key[Array, ""],
    eos: Float[Array, " dim"] | None,
    prefix: Tokens | None,
) -> Float[Array, ""]:
    """The loss of the network on a fresh batch with these tokens in their places."""
    batch = task.sample(spec, key)
    outputs = network(task.fill(spec, batch["x"], eos, prefix))
    found: Array = task.loss(spec, outputs, batch)
    return found


def tuned(
    loss: Callable[[Array, Array], Array],
    start: Tokens,
    steps: int,
    rate: float,
    key: Key[Array, ""],
) -> tuple[Tokens, Float[Array, " step"]]:
    """``start`` after ``steps`` of Adam on ``loss(tokens, key)``, and the loss before each step."""
    optimizer = optax.adam(rate)

    def step(
        carry: tuple[Array, optax.OptState], number: Array
    ) -> tuple[tuple[Array, optax.OptState], Array]:
        tokens, state = carry
        value, gradient = jax.value_and_grad(loss)(tokens, jax.random.fold_in(key, number))
        updates, state = optimizer.update(gradient, state)
        return (jnp.asarray(optax.apply_updates(tokens, updates)), state), value

    @partial(jax.jit, static_argnums=1)
    def run(start: Array, steps: int) -> tuple[Array, Array]:
        (tokens, _), losses = jax.lax.scan(
            step, (start, optimizer.init(start)), 1 + jnp.arange(steps)
        )
        return tokens, losses

    return run(start, steps)


def _normal(count: int, dims: int, key: Key[Array, ""]) -> Tokens:
    return jax.random.normal(jax.random.fold_in(key, 0), (count, dims))

"""Tokens tuned by gradients through a frozen network, on few-shot streams.

A separator after every pair tells the network which pairs belong together, a prefix prepares it for
the task (von Oswald et al. 2023, App. F.1.4): the network stays as it was trained, on sequences of
dynamical systems.
"""

from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from flax import nnx
from jaxtyping import Array, Float, Int, Key

from papers.shared.rng import FromKey
from papers.vonoswald2023.spec import FewShotRegression
from papers.vonoswald2023.tasks import few_shot_regression as task
from papers.vonoswald2023.tasks.next_observation import position_losses

Tokens = Float[Array, "token dim"]
Both = tuple[Float[Array, "1 dim"], Float[Array, "prefix dim"]]
"""A separator and a prefix."""
Numbers = Int[np.ndarray | Array, " position"]
NOTHING = -1
"""What a token behind the stream is."""


class Tuning(NamedTuple):
    """Adam from a normal start, on a fresh batch in every step."""

    steps: int
    rate: float


class Places(NamedTuple):
    """For every token of a stream: its kind, and the number of its pair or prefix token."""

    kind: Numbers
    pair: Numbers
    prefix: Numbers
    read: Numbers
    """Where predictions are read: at the x of every pair."""


def tuned_separator(
    network: nnx.Module, spec: FewShotRegression, tuning: Tuning, key: Key[Array, ""]
) -> tuple[Tokens, Float[Array, " step"]]:
    """The separator [1, dims] after tuning, and the loss before each step.

    The stream is ``spec`` without its prefix, whose tokens are zeros behind it, where no prediction
    sees them: one program serves both kinds of tokens. ``eos`` must be set.
    """
    if not spec.eos:
        raise ValueError("eos must be true: there is no separator to tune")
    start = _normal(1, spec, key), jnp.zeros((max(1, spec.prefix), spec.dims))
    places = _places(spec.model_copy(update={"prefix": 0}), behind=spec.prefix)
    (eos, _), losses = _tuned(network, spec, start, (1.0, 0.0), places, tuning, key)
    return eos, losses


def tuned_prefix(
    network: nnx.Module,
    spec: FewShotRegression,
    eos: Float[np.ndarray | Array, " dim"],
    tuning: Tuning,
    key: Key[Array, ""],
) -> tuple[Tokens, Float[Array, " step"]]:
    """The same for the prefix [spec.prefix, dims], the separator ``eos`` staying as it is."""
    if not spec.prefix:
        raise ValueError("prefix must be at least 1: there is no prefix to tune")
    start = jnp.asarray(eos)[None], _normal(spec.prefix, spec, key)
    (_, prefix), losses = _tuned(network, spec, start, (0.0, 1.0), _places(spec), tuning, key)
    return prefix, losses


def stream_loss(
    network: nnx.Module,
    spec: FewShotRegression,
    tokens: Both,
    places: Places,
    key: Key[Array, ""],
) -> Float[Array, ""]:
    """The loss on a fresh batch with these tokens in their places."""
    eos, prefix = tokens
    drawn: Any = task.draw(spec, FromKey(key), spec.batch_size)
    kind = places.kind[:, None]
    x = jnp.where(kind == task.EOS, eos[0], 0.0)
    x = jnp.where(kind == task.PREFIX, prefix[places.prefix], x)
    x = jnp.where(kind == task.X, drawn["inputs"][:, places.pair], x)
    x = jnp.where(kind == task.Y, drawn["y"][:, places.pair], x)
    module: Any = network
    predicted = module(x)[:, places.read, : spec.dims]
    found: Array = position_losses(predicted, drawn["y"]).mean()
    return found


def _places(spec: FewShotRegression, behind: int = 0) -> Places:
    """Those of the tokens of ``spec``, and of ``behind`` more."""
    kind = np.append(task.layout(spec), np.full(behind, NOTHING))
    return Places(
        kind=kind,
        pair=np.maximum(np.cumsum(kind == task.X) - 1, 0),
        prefix=np.maximum(np.cumsum(kind == task.PREFIX) - 1, 0) % max(spec.prefix, 1),
        read=np.flatnonzero(kind == task.X),
    )


def _tuned(
    network: nnx.Module,
    spec: FewShotRegression,
    tokens: Both,
    moved: tuple[float, float],
    places: Places,
    tuning: Tuning,
    key: Key[Array, ""],
) -> tuple[Both, Float[Array, " step"]]:
    graph, state = nnx.split(network)
    moments = optax.adam(tuning.rate).init(tokens)
    pairs = spec.model_copy(update={"prefix": 0})  # what is drawn; places say the rest
    losses = []
    for number in range(1, tuning.steps + 1):
        given = state, places, moved, tuning.rate, jax.random.fold_in(key, number)
        tokens, moments, loss = _step(graph, pairs, tokens, moments, *given)
        losses.append(loss)
    return tokens, jnp.stack(losses)


@partial(jax.jit, static_argnums=(0, 1))
def _step(
    graph: Any,
    spec: FewShotRegression,
    tokens: Both,
    moments: Any,
    state: Any,
    places: Places,
    moved: tuple[Any, Any],
    rate: Any,
    key: Array,
) -> tuple[Any, Any, Array]:
    """One step of Adam for the tokens that are ``moved`` (1) and not for the others (0)."""

    def loss(tokens: Both) -> Array:
        return stream_loss(nnx.merge(graph, state), spec, tokens, places, key)

    value, gradient = jax.value_and_grad(loss)(tokens)
    gradient = jax.tree.map(jnp.multiply, gradient, moved)
    updates, moments = optax.adam(rate).update(gradient, moments)
    return optax.apply_updates(tokens, updates), moments, value


def _normal(count: int, spec: FewShotRegression, key: Key[Array, ""]) -> Tokens:
    return jax.random.normal(jax.random.fold_in(key, 0), (count, spec.dims))

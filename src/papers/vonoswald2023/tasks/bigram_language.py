"""Predict the next token of documents whose table of successions is new in every document.

The table is never formed: with its rows summed out, a token's next successor is one of its earlier
ones, each with weight 1, or a new draw of weight ``strength`` from the base table (Polya's urn).
The law of the documents is the same, and the conditional probabilities of the urn are Bayes' rule.
"""

import functools
from collections.abc import Mapping
from typing import Any

import jax
import numpy as np
from jaxtyping import Array, Float

from papers.shared.rng import FromKey, FromSeed, Source
from papers.shared.token_losses import token_losses
from papers.vonoswald2023.spec import BigramLanguage

Batch = Mapping[str, Any]

LEAST = 1e-12
"""Least probability in the base table, so that every logarithm is finite."""


def sample(spec: BigramLanguage, key: jax.Array) -> dict[str, jax.Array]:
    """A fresh batch, int32: ``x`` [batch, T], and ``y`` [batch, T], the token after each."""
    return _batch(documents(spec, FromKey(key), spec.batch_size))


def splits(spec: BigramLanguage, seed: int) -> dict[str, dict[str, np.ndarray]]:
    """``{"test": batch}``: ``test_size`` fixed documents, as in ``sample``."""
    return {"test": _batch(documents(spec, FromSeed(seed).named("test"), spec.test_size))}


def evaluation(spec: BigramLanguage, count: int, seed: int) -> dict[str, np.ndarray]:
    """``count`` fixed documents that all models of a figure share: ``tokens`` [count, T + 1]."""
    return {"tokens": documents(spec, FromSeed(seed).named("evaluation"), count)}


def loss(spec: BigramLanguage, outputs: Float[Array, "n t v"], batch: Batch) -> Any:
    """Cross-entropy of the next token in nats, mean over documents and positions."""
    return token_losses(outputs, batch["y"]).mean()


def metrics(spec: BigramLanguage, outputs: Float[Array, "n t v"], batch: Batch) -> dict[str, Any]:
    """``loss``, and ``gain``: the loss of late positions minus that of early ones."""
    curve = token_losses(outputs, batch["y"]).mean(axis=0)
    return {"loss": curve.mean(), "gain": late_minus_early(spec, curve)}


def late_minus_early(spec: BigramLanguage, losses: Any) -> Any:
    """The in-context-learning score of losses [..., T] (Olsson et al. 2022): low is good."""
    (a, b), (c, d) = spec.early, spec.late
    return losses[..., c - 1 : d].mean(axis=-1) - losses[..., a - 1 : b].mean(axis=-1)


@functools.cache
def base(spec: BigramLanguage) -> Float[np.ndarray, "v v"]:
    """The table that all documents share; nothing is followed by the separator, its last token."""
    weights = np.arange(1, spec.words + 1) ** -spec.zipf
    law = weights / weights.sum()
    rng = np.random.default_rng(spec.base_seed)
    rows = np.maximum(rng.dirichlet(spec.base_strength * law, size=spec.words), LEAST)
    rows /= rows.sum(axis=1, keepdims=True)
    return np.pad(np.vstack([rows, law]), ((0, 0), (0, 1)))


def documents(spec: BigramLanguage, source: Source, count: int) -> Any:
    """``count`` documents [count, T + 1], int32, each beginning with the separator."""
    xp = source.xp
    steps = xp.asarray(base(spec)[:, : spec.words - 1].cumsum(axis=1), source.dtype)
    old_or_new = source.named("old or new").uniform(count, spec.length)
    new = source.named("new").uniform(count, spec.length)
    position = xp.arange(spec.length + 1)

    def follow(t: Any, tokens: Any) -> Any:
        current = tokens[:, t]
        # Earlier places of the current token, and how many there are up to each place.
        same = (tokens == current[:, None]) & (position < t)
        order = same.cumsum(axis=1)
        pick = old_or_new[:, t] * (order[:, -1] + spec.strength)
        place = (order <= pick[:, None]).sum(axis=1)
        old = xp.where(position == place[:, None] + 1, tokens, 0).sum(axis=1)
        drawn = (new[:, t, None] >= steps[current]).sum(axis=1)
        following = xp.where(pick < order[:, -1], old, drawn)
        return xp.where(position == t + 1, following[:, None], tokens).astype(xp.int32)

    tokens = xp.zeros((count, 1), xp.int32) + xp.where(position == 0, spec.words, 0)
    tokens = tokens.astype(xp.int32)
    if xp is np:
        return functools.reduce(lambda tokens, t: follow(t, tokens), range(spec.length), tokens)
    return jax.lax.fori_loop(0, spec.length, follow, tokens)


def _batch(tokens: Any) -> dict[str, Any]:
    return {"x": tokens[:, :-1], "y": tokens[:, 1:]}

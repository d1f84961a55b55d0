"""Predict the next token of packaged text: windows of a stream of documents.

Documents held out from training are for validation (what a run logs) and, others, for tests (what
tables report). Arrays are [window, token].
"""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from papers.dai2022.spec import TextLanguage
from papers.dai2022.tasks.text_tokens import Streams, streams
from papers.shared.rng import FromSeed
from papers.shared.token_losses import token_losses

Batch = Mapping[str, Any]


def sample(spec: TextLanguage, key: jax.Array) -> dict[str, jax.Array]:
    """A fresh batch, int32: windows ``x`` [batch, T], and ``y`` [batch, T], the token after each.

    The training text is a constant of the compiled step.
    """
    stream = _streams(spec).train
    starts = jax.random.randint(key, (spec.batch_size, 1), 0, len(stream) - spec.length)
    tokens = jnp.asarray(stream)[starts + np.arange(spec.length + 1)]
    return _batch(tokens.astype(jnp.int32))


def splits(spec: TextLanguage, seed: int) -> dict[str, dict[str, np.ndarray]]:
    """``{"test": batch}``: the same ``test_size`` windows of validation text for every seed."""
    del seed
    stream = _streams(spec).validation
    starts = np.linspace(0, len(stream) - spec.length - 1, spec.test_size).astype(int)
    return {"test": _batch(_windows(stream, starts, spec.length))}


def evaluation(spec: TextLanguage, count: int, seed: int, length: int) -> np.ndarray:
    """Test text that all models share, int32 [windows, length + 1], in windows of ``length``.

    ``count`` stretches of ``spec.length`` tokens that do not overlap, each cut into as many windows
    as it holds: the predicted tokens are the same ones for every length that divides it.

    Raises:
        ValueError: the test text holds fewer stretches, or ``length`` does not divide.
    """
    stream = _streams(spec).test
    held = (len(stream) - 1) // spec.length
    if count > held:
        raise ValueError(f"the test text holds {held} windows of {spec.length}, not {count}")
    if spec.length % length:
        raise ValueError(f"length must divide the training length {spec.length}, got {length}")
    order = np.argsort(FromSeed(seed).named("evaluation").uniform(held))
    starts = np.sort(order[:count])[:, None] * spec.length + np.arange(0, spec.length, length)
    return _windows(stream, starts.ravel(), length)


def training_windows(spec: TextLanguage, count: int) -> Int[np.ndarray, "window tokens"]:
    """``count`` windows of the text that is trained on, int32 [window, T + 1], evenly spread."""
    stream = _streams(spec).train
    starts = np.linspace(0, len(stream) - spec.length - 1, count).astype(int)
    return _windows(stream, starts, spec.length)


def loss(spec: TextLanguage, outputs: Float[Array, "n t v"], batch: Batch) -> Any:
    """Cross-entropy of the next token in nats, mean over windows and positions."""
    return token_losses(outputs, batch["y"]).mean()


def metrics(spec: TextLanguage, outputs: Float[Array, "n t v"], batch: Batch) -> dict[str, Any]:
    """``loss``, in nats per token."""
    return {"loss": loss(spec, outputs, batch)}


def _streams(spec: TextLanguage) -> Streams:
    return streams(spec.vocabulary, spec.characters)


def _windows(
    stream: Int[np.ndarray, " token"], starts: Int[np.ndarray, " window"], length: int
) -> Int[np.ndarray, "window tokens"]:
    return stream[starts[:, None] + np.arange(length + 1)].astype(np.int32)


def _batch(tokens: Any) -> dict[str, Any]:
    return {"x": tokens[:, :-1], "y": tokens[:, 1:]}

"""Parity of a few leading bits among random distractor bits (Pearce et al. 2023, "1s and 0s").

The label is 1 where the number of ones among the first ``relevant`` digits is odd. Bits are
encoded as 0 and 1, and a constant 1 is appended as the last input: it plays the part of a bias.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from papers.pearce2023.spec import Parity

CLIP = 1e-7
"""Probabilities are kept in [CLIP, 1 - CLIP]; in float32 the loss then stops at 2**-23."""

Batch = Mapping[str, jax.Array | np.ndarray]


def splits(spec: Parity, seed: int) -> dict[str, dict[str, np.ndarray]]:
    """Fixed training and test sequences of one seed; only the test where training data is fresh.

    The two sets come from two independent children of ``numpy.random.SeedSequence(seed)``, each
    row of uniform bits after the other. The test set of a seed is therefore the same at every
    training size, and a smaller training set is the beginning of a larger one.

    Returns ``{"train": batch, "test": batch}`` with ``x`` [examples, digits + 1] float32 and
    ``y`` [examples] int32.
    """
    train, test = np.random.SeedSequence(seed).spawn(2)
    fixed = {} if spec.train_size is None else {"train": _draw(spec, train, spec.train_size)}
    return {**fixed, "test": _draw(spec, test, spec.test_size)}


def sample(spec: Parity, key: jax.Array) -> dict[str, jax.Array]:
    """A fresh batch: ``x`` [batch_size, digits + 1] float32 and ``y`` [batch_size] int32.

    Raises ValueError where the task has fixed training data.
    """
    if spec.batch_size is None:
        raise ValueError("sample needs batch_size; this task has fixed training data")
    bits = jax.random.bernoulli(key, 0.5, (spec.batch_size, spec.digits)).astype(jnp.int32)
    constant = jnp.ones((spec.batch_size, 1), jnp.int32)
    x = jnp.concatenate([bits, constant], axis=1).astype(jnp.float32)
    return {"x": x, "y": bits[:, : spec.relevant].sum(axis=1) % 2}


def encode(spec: Parity, bits: np.ndarray) -> dict[str, np.ndarray]:
    """Inputs and labels of given 0/1 ``bits`` [examples, digits]."""
    constant = np.ones((len(bits), 1))
    x = np.concatenate([bits, constant], axis=1).astype(np.float32)
    return {"x": x, "y": (bits[:, : spec.relevant].sum(axis=1) % 2).astype(np.int32)}


def loss(spec: Parity, outputs: jax.Array, batch: Batch) -> jax.Array:
    """Mean binary cross-entropy of the logits ``outputs`` [examples], in nats.

    Probabilities are clipped to [1e-7, 1 - 1e-7], in the dtype of the logits. An example beyond
    the clip has no gradient, so the published runs stop at -log(1 - 1e-7) = 2**-23 in float32.
    """
    probability = jnp.clip(jax.nn.sigmoid(outputs), CLIP, 1 - CLIP)
    odd = jnp.asarray(batch["y"]) == 1
    return -jnp.log(jnp.where(odd, probability, 1 - probability)).mean()


def metrics(spec: Parity, outputs: jax.Array, batch: Batch) -> dict[str, jax.Array]:
    """``loss`` (nats) and ``accuracy`` (share of examples whose logit has the right sign)."""
    right = (outputs > 0) == (jnp.asarray(batch["y"]) == 1)
    return {"loss": loss(spec, outputs, batch), "accuracy": right.astype(outputs.dtype).mean()}


def _draw(spec: Parity, seed: np.random.SeedSequence, size: int) -> dict[str, np.ndarray]:
    return encode(spec, np.random.default_rng(seed).integers(0, 2, (size, spec.digits)))

"""Addition modulo M as classification: every pair once, split by a seeded permutation."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
import numpy as np

from papers.pearce2023.spec import ModularAddition

Batch = Mapping[str, jax.Array | np.ndarray]


def pairs(spec: ModularAddition) -> np.ndarray:
    """All pairs (a, b), int32 [pairs, 2], a-major then b; only a <= b unless ``spec.ordered``."""
    a, b = np.divmod(np.arange(spec.modulus**2, dtype=np.int32), np.int32(spec.modulus))
    every = np.stack([a, b], axis=1)
    return every if spec.ordered else every[a <= b]


def splits(spec: ModularAddition, seed: int) -> dict[str, dict[str, np.ndarray]]:
    """Train and test examples of one seed: ``x`` int32 [n, 2] and ``y`` int32 [n], the sum mod M.

    The first floor(train_fraction * pairs) of a permutation drawn from NumPy's legacy generator
    are the training set, as in the published notebook, so a seed means the same split as there.
    """
    examples = pairs(spec)
    order = np.random.RandomState(seed).permutation(len(examples))
    cut = int(spec.train_fraction * len(examples))
    return {
        name: {"x": examples[rows], "y": examples[rows].sum(axis=1, dtype=np.int32) % spec.modulus}
        for name, rows in (("train", order[:cut]), ("test", order[cut:]))
    }


def loss(spec: ModularAddition, outputs: jax.Array, batch: Batch) -> jax.Array:
    """Softmax cross-entropy of logits [n, M]; a scalar in the units of ``spec.loss_scale``.

    ``mean_over_classes`` is the mean over examples divided by M (a uniform guess scores ln(M) / M),
    ``sum`` adds the examples up.
    """
    labels = jnp.asarray(batch["y"])[:, None]
    answer = jnp.take_along_axis(outputs, labels, axis=1)
    if spec.loss_scale == "sum":
        return _margin_loss(outputs - answer, labels).sum()
    # The answer's logit is gathered before log_softmax is formed, not from it: the same numbers,
    # but no scatter into a second full matrix in the gradient (twice the speed in float64).
    largest = jax.lax.stop_gradient(outputs.max(axis=1, keepdims=True))
    right = answer - largest - jnp.log(jnp.exp(outputs - largest).sum(axis=1, keepdims=True))
    return -right.mean() / spec.modulus


def _margin_loss(margins: jax.Array, labels: jax.Array) -> jax.Array:
    """log(1 + sum of exp(margin) over the other classes), margins [n, M] to the answer's logit.

    The gradient of the plain form loses p - 1 once p rounds to 1 in float32; a summed loss pushes
    on by what is left of it for ever. Here it is kept to the last bits, at a third more time.
    """
    wrong = jnp.arange(margins.shape[1]) != labels
    return jax.nn.softplus(jax.nn.logsumexp(jnp.where(wrong, margins, -jnp.inf), axis=1))


def metrics(spec: ModularAddition, outputs: jax.Array, batch: Batch) -> dict[str, jax.Array]:
    """``loss`` as above and ``accuracy``, the share of examples with the largest logit right."""
    right = jnp.argmax(outputs, axis=1) == batch["y"]
    return {"loss": loss(spec, outputs, batch), "accuracy": right.astype(outputs.dtype).mean()}

"""Networks for controls: random updates of the finetuned weights, untrained weights."""

from collections.abc import Mapping

import jax.numpy as jnp
import numpy as np

from papers.dai2022.models.decoder import Network, parts
from papers.dai2022.models.decoder_answers import replaced, trained


def random_update(module: Network, tuned: Network, rng: np.random.Generator) -> Network:
    """``module`` with random changes of the weights that differ in ``tuned``, as long as those.

    Every matrix of every layer changes by a Gaussian one of the same Frobenius norm (C3).
    """
    before, after = trained(module), trained(tuned)
    moved = {}
    for name, weights in before.items():
        length = _norms(np.asarray(after[name]) - np.asarray(weights))
        direction = rng.standard_normal(weights.shape).astype(np.float32)
        moved[name] = weights + jnp.asarray(direction * (length / _norms(direction)))
    return replaced(module, moved)


def untrained(module: Network, rng: np.random.Generator, keep_embeddings: bool) -> Network:
    """``module`` with random maps in every layer, of the standard deviations they have (C1).

    Gains of norms stay; embeddings (and with them a tied unembedding) stay if ``keep_embeddings``.
    """
    outer, layers = parts(module)
    inner = {f"layers.{name}": value for name, value in layers.items()}
    weights: Mapping[str, jnp.ndarray] = outer | inner
    unchanged = ("embedding", "unembedding") if keep_embeddings else ()
    return Network(
        module.spec,
        {
            name: value if "norm" in name or name in unchanged else _redrawn(np.asarray(value), rng)
            for name, value in weights.items()
        },
    )


def _redrawn(weights: np.ndarray, rng: np.random.Generator) -> jnp.ndarray:
    axes = tuple(range(1, weights.ndim)) if weights.ndim > 2 else None
    deviation = weights.std(axis=axes, keepdims=True)
    return jnp.asarray(deviation * rng.standard_normal(weights.shape).astype(np.float32))


def _norms(x: np.ndarray) -> np.ndarray:
    """Norm of every layer's matrix (or bias), for products with it."""
    norms = np.sqrt((x.astype(float) ** 2).sum(axis=tuple(range(1, x.ndim)), keepdims=True))
    return norms.astype(np.float32)

"""Linear attention and the mesa-layer written plainly: einsums, and autodiff through the scan.

Arrays are batch first, [batch, tokens, features] and [batch, tokens, heads, channels]. What the
benchmark compares with; weights are those of ``papers.vonoswald2023.models.mesa_transformer``.
"""

from typing import Any

import jax
import jax.numpy as jnp


def linear_attention(q: Any, k: Any, v: Any) -> Any:
    """Sum over t' <= t of v_t' (k_t' . q_t), by a matrix of scores."""
    tokens = q.shape[1]
    scores = jnp.einsum("bihc,bjhc->bhij", q, k)
    scores = jnp.where(jnp.tril(jnp.ones((tokens, tokens), bool)), scores, 0)
    return jnp.einsum("bhij,bjhc->bihc", scores, v)


def mesa_attention(q: Any, k: Any, v: Any, lam: Any) -> Any:
    """The same of queries that the Sherman-Morrison recursion has preconditioned."""
    batch, _, heads, channels = q.shape

    def step(inverse: Any, token: tuple[Any, Any]) -> tuple[Any, Any]:
        q, k = token
        w = jnp.einsum("bhij,bhj->bhi", inverse, k)
        scale = 1 + jnp.einsum("bhi,bhi->bh", w, k)
        outer = jnp.einsum("bhi,bhj->bhij", w, w)
        inverse = inverse - outer / scale[..., None, None]
        return inverse, jnp.einsum("bhij,bhj->bhi", inverse, q)

    start = lam[:, None, None] * jnp.eye(channels, dtype=q.dtype)
    start = jnp.broadcast_to(start, (batch, heads, channels, channels))
    _, found = jax.lax.scan(step, start, (q.swapaxes(0, 1), k.swapaxes(0, 1)))
    return linear_attention(found.swapaxes(0, 1), k, v)


def predictions(params: Any, h: Any, outputs: int, heads: int, clip: float) -> Any:
    """Predictions [batch, tokens, outputs] of linear and mesa layers from constructed tokens ``h``.

    ``params`` are the network's own, nested by name; a layer with ``raw_lambda`` is a mesa layer.
    """
    for number in sorted(params["layers"]):
        layer = params["layers"][number]["attention"]
        q, k, v = (
            (h @ layer[name]["weight"]).reshape(*h.shape[:2], heads, -1)
            for name in ("query", "key", "value")
        )
        if "raw_lambda" in layer:
            found = mesa_attention(q, k, v, layer["raw_lambda"])
        else:
            found = linear_attention(q, k, v)
        h = jnp.clip(h + found.reshape(*h.shape[:2], -1) @ layer["out"]["weight"], -clip, clip)
    return h[..., :outputs]

"""Weights of linear attention layers that are constructed, not trained.

Tokens hold slots of ``dim`` features each. A layer depends on its heads' products KQ = W_k^T W_q
(scores e_t'^T KQ e_t) and PV = P W_v only (von Oswald et al. 2023, Methods). Weights are named and
shaped as a mesa transformer's: ``query``, ``key``, ``value`` [width, heads * key_size] and ``out``
[heads * key_size, width].
"""

from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

Products = Float[np.ndarray, "head width width"]


def gradient_step_layer(
    dim: int,
    rate: float,
    initial: Float[np.ndarray, "dim dim"] | None = None,
    slots: int = 3,
    current: int = 1,
    before: int = 2,
) -> dict[str, np.ndarray]:
    """Proposition 1: one head of ``key_size`` ``dim`` that adds a gradient step to slot 0.

    Tokens are [Phi_0 s_t, s_t, s_{t-1}] by default; Phi_0 = ``initial``, zero by default. KQ has
    the identity at (``before``, ``current``), PV the first row of blocks (0, eta I, -eta Phi_0).
    """
    query, key, value, out = (np.zeros((slots, dim, dim)) for _ in range(4))
    key[before] = query[current] = out[0] = np.eye(dim)
    value[current] = rate * np.eye(dim)
    value[before] = -rate * (np.zeros((dim, dim)) if initial is None else np.asarray(initial).T)
    tall = {"query": query, "key": key, "value": value}
    weights = {name: blocks.reshape(slots * dim, dim) for name, blocks in tall.items()}
    return {**weights, "out": np.hstack(list(out))}


def layer_of_products(kq: Products, pv: Products) -> dict[str, np.ndarray]:
    """A layer with these products [head, width, width]: W_k = P = I, W_q = KQ, W_v = PV.

    Its ``key_size`` is the width. Compressed networks, and those between a trained and a
    compressed one, are made this way (F.1.2): products are averaged, not their factors.
    """
    heads, width, _ = kq.shape
    side_by_side = np.tile(np.eye(width), (1, heads))
    return {
        "query": np.hstack([one.T for one in kq]),
        "key": side_by_side,
        "value": np.hstack([one.T for one in pv]),
        "out": side_by_side.T,
    }


def parameters(layers: list[Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The weights of ``layers`` under the names that a mesa transformer's parameters have."""
    return {
        f"layers.{number}.attention.{name}.weight": array
        for number, layer in enumerate(layers)
        for name, array in layer.items()
    }

"""The parts of a mesa transformer, on feature-first arrays [features, tokens, batch].

Maps have no biases; weights are normal with one deviation throughout (von Oswald et al. 2023,
Tables 1 to 3).
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float

from papers.shared.attention import causal_attention
from papers.shared.transformer_parts import Norm, Stream, gelu
from papers.vonoswald2023.models.linear_attention import Heads, linear_attention
from papers.vonoswald2023.models.mesa_layer import mesa_attention
from papers.vonoswald2023.spec import LayerKind, MesaTransformer

LENGTH_EPSILON = 1e-6
"""Added to the length that a query or key is divided by."""


class Normals(NamedTuple):
    """Draws all weights of a part with one deviation, each from a key of its own."""

    key: jax.Array
    dtype: DTypeLike
    deviation: float

    def __call__(self, number: int, *shape: int) -> jax.Array:
        """Normal numbers of mean zero, from the key folded with ``number``."""
        key = jax.random.fold_in(self.key, number)
        return self.deviation * jax.random.normal(key, shape, self.dtype)

    def part(self, number: int) -> "Normals":
        """The draws of a part of the network."""
        return self._replace(key=jax.random.fold_in(self.key, number))


class Weight(nnx.Module):
    """``weight.T @ x`` of every token, with weight [in, out]."""

    def __init__(self, weight: jax.Array):
        self.weight = nnx.Param(weight)

    def __call__(self, x: Float[Array, "in tokens batch"]) -> Float[Array, "out tokens batch"]:
        """Map every token of ``x``."""
        flat = x.reshape(x.shape[0], -1)
        return (self.weight[...].T @ flat).reshape(-1, *x.shape[1:])


class Attention(nnx.Module):
    """Sum over heads of P_h V_h alpha(K_h^T q_h) (Eq. 2), or of a mesa-layer (Eq. 5)."""

    def __init__(
        self, spec: MesaTransformer, kind: LayerKind, width: int, first: bool, draw: Normals
    ):
        features = spec.heads * spec.head_size
        self.kind, self.heads, self.positive = kind, spec.heads, spec.positive_lambda
        self.positions = first and spec.positions
        self.normalized = spec.normalized_keys and not first
        reads = 2 * width if self.positions else width
        self.query = Weight(draw(0, reads, features))
        self.key = Weight(draw(1, reads, features))
        self.value = Weight(draw(2, width, features))
        self.out = Weight(draw(3, features, width))
        if kind == "mesa":
            start = np.log(spec.initial_lambda) if self.positive else spec.initial_lambda
            self.raw_lambda = nnx.Param(jnp.full(spec.heads, start, draw.dtype))

    def __call__(self, h: Stream) -> Stream:
        """What this layer adds to the residual stream ``h``."""
        located = with_positions(h) if self.positions else h
        q, k = self._heads(self.query(located)), self._heads(self.key(located))
        v = self._heads(self.value(h))
        if self.normalized:
            q, k = _unit(q), _unit(k)
        found: Stream = self.out(self._attend(q, k, v).reshape(-1, *h.shape[1:]))
        return found

    @property
    def lam(self) -> Float[Array, " heads"]:
        """Inverse ridge of every head of a mesa layer."""
        raw: Array = self.raw_lambda[...]
        return jnp.exp(raw) if self.positive else raw

    def _attend(self, q: Heads, k: Heads, v: Heads) -> Heads:
        if self.kind == "softmax":
            return causal_attention(jnp.stack([q, k, v]))
        if self.kind == "mesa":
            return mesa_attention(q, k, v, self.lam)
        return linear_attention(q, k, v)

    def _heads(self, x: Float[Array, "features tokens batch"]) -> Heads:
        return x.reshape(self.heads, -1, *x.shape[1:])


class Layer(nnx.Module):
    """``h + attention(h)``, then ``h + mlp(h)`` where there is an MLP, then the clip."""

    def __init__(self, spec: MesaTransformer, number: int, width: int, draw: Normals):
        self.attention = Attention(spec, spec.layers[number], width, number == 0, draw.part(0))
        self.clip = spec.clip
        self.norms = nnx.List([Norm(width, draw.dtype) for _ in range(2 if spec.layer_norm else 0)])
        self.mlp: nnx.List[Weight] = nnx.List([])
        if spec.mlp is not None:
            shapes = ((width, spec.mlp), (spec.mlp, width))
            self.mlp = nnx.List([Weight(draw(1 + n, *shape)) for n, shape in enumerate(shapes)])

    def __call__(self, h: Stream) -> Stream:
        """The residual stream after this layer."""
        h = h + self.attention(self.norms[0](h) if self.norms else h)
        if self.mlp:
            up, down = self.mlp
            h = h + down(gelu(up(self.norms[1](h) if self.norms else h)))
        return h if self.clip is None else jnp.clip(h, -self.clip, self.clip)


def with_positions(h: Stream) -> Float[Array, "features tokens batch"]:
    """``h`` and below it the position's sines (even rows) and cosines (odd rows)."""
    width, tokens, batch = h.shape
    table = jnp.asarray(position_table(tokens, width), h.dtype)
    rows = jnp.broadcast_to(table.T[..., None], (width, tokens, batch))
    return jnp.concatenate([h, rows])


def position_table(tokens: int, width: int) -> Float[np.ndarray, "tokens width"]:
    """Sines and cosines of position / 10000^(2i / width), in turn (Vaswani et al. 2017)."""
    angle = np.arange(tokens)[:, None] * 10000.0 ** (-np.arange(0, width, 2) / width)
    table = np.zeros((tokens, width))
    table[:, 0::2], table[:, 1::2] = np.sin(angle), np.cos(angle[:, : width // 2])
    return table


def dtype_of(module: Attention) -> DTypeLike:
    """The type of the module's weights."""
    return module.query.weight[...].dtype


def _unit(x: Heads) -> Heads:
    return x * jax.lax.rsqrt((x * x).sum(axis=1, keepdims=True) + LENGTH_EPSILON**2)

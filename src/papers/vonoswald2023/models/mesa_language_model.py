"""Language models with linear, softmax and mesa layers (von Oswald et al. 2023, App. G).

Pre-norm transformers on feature-first arrays: tokens are embedded, sines and cosines of the
position added, and a map of the last residual stream gives the logits of the next token.
"""

from typing import Protocol, runtime_checkable

import jax
import jax.numpy as jnp
import numpy as np
from flax import nnx
from jax.typing import DTypeLike
from jaxtyping import Array, Float, Int

from papers.shared.transformer_parts import Norm, Stream
from papers.vonoswald2023.models.linear_attention import Heads, linear_attention
from papers.vonoswald2023.models.mesa_layer import precondition
from papers.vonoswald2023.models.mesa_parts import LENGTH_EPSILON, Normals, Weight, position_table
from papers.vonoswald2023.spec import LayerKind, MesaLanguageModel

EMBED, READ_OUT, LAYERS = range(3)
"""Constants folded into the root key, one per part; layer n has ``LAYERS + n``."""


@runtime_checkable
class Language(Protocol):
    """What a task must say of its documents."""

    @property
    def vocabulary(self) -> int:
        """Number of tokens."""


class Network(nnx.Module):
    """Documents [batch, tokens] to logits of what follows each token, which sees no later one."""

    def __init__(self, spec: MesaLanguageModel, vocabulary: int, draw: Normals):
        embed = draw._replace(deviation=spec.embedding_deviation)
        self.embedding = Weight(embed(EMBED, vocabulary, spec.width))
        self.layers = nnx.List(
            [Layer(spec, kind, draw.part(LAYERS + n)) for n, kind in enumerate(spec.layers)]
        )
        self.norm = Norm(spec.width, draw.dtype)
        self.read_out = Weight(draw(READ_OUT, spec.width, vocabulary))

    def __call__(self, x: Int[Array, "batch tokens"]) -> Float[Array, "batch tokens vocabulary"]:
        """Logits of the next token."""
        h = self.embedded(x)
        for layer in self.layers:
            h = layer(h)
        logits: Array = self.read_out(self.norm(h))
        return logits.transpose(2, 1, 0)

    def embedded(self, x: Int[Array, "batch tokens"]) -> Stream:
        """The residual stream before the first layer."""
        weight = self.embedding.weight[...]
        # A product with indicators, since the gradient of a gather is a slow scatter.
        chosen = jax.nn.one_hot(x.T, len(weight), axis=0, dtype=weight.dtype)
        table = jnp.asarray(position_table(x.shape[1], weight.shape[1]), weight.dtype)
        return self.embedding(chosen) + table.T[..., None]


class Layer(nnx.Module):
    """``h + attention(norm(h))``, then ``h + mlp(norm(h))`` where there is an MLP."""

    def __init__(self, spec: MesaLanguageModel, kind: LayerKind, draw: Normals):
        self.norms = nnx.List([Norm(spec.width, draw.dtype)])
        self.attention = Attention(spec, kind, draw.part(0))
        self.mlp: nnx.List[Weight] = nnx.List([])
        if spec.mlp_ratio:
            hidden = spec.mlp_ratio * spec.width
            into = draw._replace(deviation=_residual_deviation(spec))
            self.norms.append(Norm(spec.width, draw.dtype))
            self.mlp.append(Weight(draw(1, spec.width, hidden)))
            self.mlp.append(Weight(into(2, hidden, spec.width)))

    def __call__(self, h: Stream) -> Stream:
        """The residual stream after this layer."""
        h = h + self.attention(self.norms[0](h))
        if self.mlp:
            up, down = self.mlp
            h = h + down(jax.nn.relu(up(self.norms[1](h))))
        return h


class Attention(nnx.Module):
    """Softmax, linear or mesa attention of normed streams."""

    def __init__(self, spec: MesaLanguageModel, kind: LayerKind, draw: Normals):
        features = spec.heads * spec.head_size
        self.kind, self.heads, self.nu, self.shift = kind, spec.heads, spec.nu, spec.key_shift
        self.query = Weight(draw(0, spec.width, features))
        self.key = Weight(draw(1, spec.width, features))
        self.value = Weight(draw(2, spec.width, features))
        out = draw._replace(deviation=_residual_deviation(spec))
        self.out = Weight(out(3, features, spec.width))
        if kind == "mesa":
            start = np.log(spec.initial_lambda)
            self.log_lambda = nnx.Param(jnp.full(spec.heads, start, draw.dtype))

    def __call__(self, h: Stream) -> Stream:
        """What this layer adds to the residual stream, from the normed stream ``h``."""
        q, k, v = self._heads(self.query(h)), self._keys(h), self._heads(self.value(h))
        if self.kind == "softmax":
            found = jnp.einsum("bhij,hcjb->hcib", softmax_weights(q, k), v)
        else:
            q, k = (unit(dpfp(x, self.nu)) for x in (q, k))
            q = precondition(q, k, jnp.exp(self.log_lambda[...])) if self.kind == "mesa" else q
            found = attend_without_softmax(q, k, v)
        added: Stream = self.out(found.reshape(-1, *h.shape[1:]))
        return added

    def weights(self, h: Stream) -> Float[Array, "batch heads tokens tokens"]:
        """Softmax weights of the normed stream ``h``: of every query over keys."""
        return softmax_weights(self._heads(self.query(h)), self._keys(h))

    def _keys(self, h: Stream) -> Heads:
        k = self._heads(self.key(h))
        return previous(k) if self.shift else k

    def _heads(self, x: Float[Array, "features tokens batch"]) -> Heads:
        return x.reshape(self.heads, -1, *x.shape[1:])


def softmax_weights(q: Heads, k: Heads) -> Float[Array, "batch heads tokens tokens"]:
    """softmax(q^T k / sqrt(channels)) over keys up to the query.

    Documents are first here: the products are matrix products, and compile in a second at any
    length.
    """
    q, k = (x.transpose(3, 0, 2, 1) for x in (q, k))
    scores = jnp.einsum("bhic,bhjc->bhij", q * q.shape[-1] ** -0.5, k)
    visible = jnp.tril(jnp.ones(scores.shape[2:], bool))
    return jax.nn.softmax(jnp.where(visible, scores, np.finfo(scores.dtype).min), axis=-1)


def dpfp(x: Heads, nu: int) -> Float[Array, "heads features tokens batch"]:
    """r_i r_{i-j} for j = 1..nu, r = max(0, [x; -x]) (Schlag et al. 2021, Eq. 37); x for nu = 0.

    Indices i - j count round; 2 channels * nu features.
    """
    if not nu:
        return x
    r = jax.nn.relu(jnp.concatenate([x, -x], axis=1))
    return jnp.concatenate([r * jnp.roll(r, j, axis=1) for j in range(1, nu + 1)], axis=1)


def unit(x: Heads) -> Heads:
    """Every token's channels over their length."""
    return x * jax.lax.rsqrt((x * x).sum(axis=1, keepdims=True) + LENGTH_EPSILON**2)


def previous(x: Heads) -> Heads:
    """Every token's channels at the token after it; zeros at the first."""
    return jnp.pad(x, ((0, 0), (0, 0), (1, 0), (0, 0)))[:, :, :-1]


def attend_without_softmax(
    q: Float[Array, "heads features tokens batch"],
    k: Float[Array, "heads features tokens batch"],
    v: Heads,
) -> Heads:
    """Linear attention whose q and k have a whole number of times the channels of v.

    The scores add up over features, so that each group of them is attended to by itself.
    """
    heads, channels = v.shape[:2]
    groups = q.shape[1] // channels
    q, k = (x.reshape(heads * groups, channels, *x.shape[2:]) for x in (q, k))
    found: Array = linear_attention(q, k, jnp.repeat(v, groups, axis=0))
    return found.reshape(heads, groups, *v.shape[1:]).sum(axis=1)


def build(spec: MesaLanguageModel, task: Language, key: jax.Array, dtype: DTypeLike) -> Network:
    """A network drawn from ``key`` for the documents of ``task``."""
    return Network(spec, task.vocabulary, Normals(key, dtype, spec.init_deviation))


def views(module: Network) -> dict[str, jax.Array]:
    """``lambda_n`` [heads] of each mesa layer n from 1."""
    return {
        f"lambda_{number}": jnp.exp(layer.attention.log_lambda[...])
        for number, layer in enumerate(module.layers, 1)
        if layer.attention.kind == "mesa"
    }


def _residual_deviation(spec: MesaLanguageModel) -> float:
    return float(spec.init_deviation / np.sqrt(2 * len(spec.layers)))

"""Names and shapes of a decoder's weights, and initial values.

Names are those of the trained tensors: ``embedding``, ``norm``, ``layers.query``, ...; a bias has
its map's or norm's name and ``_bias``. Maps are [in, out]; weights of layers have the layer axis
first.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from papers.dai2022.spec import Decoder

Shape = tuple[int, ...]
RESIDUAL = ("layers.out", "layers.down")
"""Maps that write into the residual stream."""


def shapes(spec: Decoder, vocabulary: int) -> dict[str, tuple[int, ...]]:
    """Name -> shape of every weight."""
    width, inner = spec.width, spec.heads * spec.size
    keys = spec.key_heads * spec.size
    maps = {
        "query": (width, inner),
        "key": (width, keys),
        "value": (width, keys),
        "out": (inner, width),
        "up": (width, spec.hidden),
        "down": (spec.hidden, width),
    }
    if spec.mlp == "swiglu":
        maps["gate"] = (width, spec.hidden)
    sizes: dict[str, tuple[int, ...]] = {"embedding": (vocabulary, width), "norm": (width,)}
    if not spec.tied:
        sizes["unembedding"] = (vocabulary, width)
    layer: dict[str, tuple[int, ...]] = dict(maps)
    if spec.biases:
        layer |= {f"{name}_bias": (shape[1],) for name, shape in maps.items()}
    layer |= {"norm_attention": (width,), "norm_mlp": (width,)}
    if spec.norm == "layer":
        sizes["norm_bias"] = (width,)
        layer |= {"norm_attention_bias": (width,), "norm_mlp_bias": (width,)}
    if spec.recency == "convolution":
        layer["convolution"] = (spec.heads, spec.convolution_width)
    return sizes | {f"layers.{name}": (spec.layers, *shape) for name, shape in layer.items()}


def drawn(spec: Decoder, vocabulary: int, key: jax.Array, dtype: jnp.dtype) -> dict[str, jax.Array]:
    """``initial`` weights, each from a key of its own."""

    def normal(number: int, shape: Shape) -> jax.Array:
        return jax.random.normal(jax.random.fold_in(key, number), shape, dtype)

    weights = initial(spec, vocabulary, normal)
    return {name: jnp.asarray(value, dtype) for name, value in weights.items()}


def initial(
    spec: Decoder, vocabulary: int, normal: Callable[[int, Shape], Any]
) -> dict[str, jax.Array | np.ndarray]:
    """Normal maps and embeddings from ``normal(number, shape)``; gains 1, biases and kernels 0."""
    weights: dict[str, jax.Array | np.ndarray] = {}
    for number, (name, shape) in enumerate(sorted(shapes(spec, vocabulary).items())):
        if name.endswith(("_bias", ".convolution")):
            weights[name] = np.zeros(shape)
        elif "norm" in name:
            weights[name] = np.ones(shape)
        else:
            deviation = spec.init_deviation
            if name in RESIDUAL:
                deviation /= float(np.sqrt(2 * spec.layers))
            weights[name] = deviation * normal(number, shape)
    return weights

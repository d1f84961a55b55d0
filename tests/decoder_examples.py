"""Small decoders of every kind, none of whose weights is 0 or 1."""

from typing import NamedTuple

import jax
import numpy as np
from flax import nnx

from papers.dai2022.models import decoder as model
from papers.dai2022.spec import Decoder
from reprise.specs.errors import validate

LLAMA = {"width": 24, "heads": 6, "kv_heads": 2, "hidden": 20, "rope_base": 100.0}
XGLM = {
    "width": 16,
    "heads": 4,
    "hidden": 24,
    "norm": "layer",
    "positions": "sinusoid",
    "position_offset": 2,
    "mlp": "gelu",
    "biases": True,
    "embedding_scale": 4.0,
}
SMALL = {"width": 12, "heads": 3, "hidden": 10, "context": 32}


class Task(NamedTuple):
    vocabulary: int = 11


def spec(**fields):
    data = {"name": "decoder", "layers": 2, "context": 64, "init_deviation": 0.4, **fields}
    return validate(Decoder, data, "paper.yaml")


def build(seed=0, **fields):
    """A network none of whose weights is 0 or 1."""
    shape = spec(**fields)
    network = model.build(shape, Task(), jax.random.key(seed), "float32")
    graph, params = nnx.split(network)
    rng = np.random.default_rng(seed)

    def moved(value):
        return value + 0.2 * rng.normal(size=value.shape).astype(np.float32)

    return nnx.merge(graph, jax.tree.map(moved, params))


OPTIONS = {
    "llama": LLAMA,
    "fairseq": XGLM,
    "own read-out": SMALL | {"tied": False, "head_size": 6},
    "alibi": SMALL | {"positions": "none", "recency": "alibi"},
    "grouped alibi": LLAMA | {"recency": "alibi"},
    "momentum": LLAMA | {"momentum": 0.6},
    "matched momentum": XGLM | {"momentum": 0.6, "momentum_scale": "matched"},
    "convolution": LLAMA | {"recency": "convolution", "convolution_width": 3},
}

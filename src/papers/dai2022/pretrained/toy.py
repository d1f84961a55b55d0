"""A tiny llama with random weights and SmolLM2's vocabulary: everything runs, nothing is known."""

import jax.numpy as jnp
import numpy as np

from papers.dai2022.models.decoder import Network
from papers.dai2022.models.decoder_weights import initial
from papers.dai2022.spec import Decoder

SPEC = Decoder(
    name="decoder",
    layers=2,
    width=48,
    heads=6,
    kv_heads=2,
    hidden=96,
    vocabulary=49152,
    context=8192,
    rope_base=100_000.0,
    init_deviation=0.2,
)


def network() -> Network:
    """The same two layers every time, drawn by NumPy: nothing is compiled for it."""
    rng = np.random.default_rng(0)
    weights = initial(SPEC, 49152, lambda number, shape: rng.standard_normal(shape))
    return Network(SPEC, {name: jnp.asarray(x, jnp.float32) for name, x in weights.items()})

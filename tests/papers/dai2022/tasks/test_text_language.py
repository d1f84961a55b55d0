"""Windows of packaged text: tokens, parts, seeds, losses, and one constant per compiled step."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from papers.dai2022.spec import TextLanguage
from papers.dai2022.tasks import text_language as task
from papers.dai2022.tasks import text_tokens
from reprise.specs.errors import ConfigError, validate

SPEC = TextLanguage(
    name="text_language", length=16, batch_size=4, vocabulary=300, test_size=5, characters=20_000
)
WORDS = "a film of the great war that nobody in the town had seen, naïve and good".split()


def documents(part):
    rng = np.random.default_rng(len(part))
    return [" ".join(rng.choice(WORDS, size=rng.integers(3, 30))) + "." for _ in range(400)]


@pytest.fixture(autouse=True)
def _own_text(monkeypatch):
    """Text of its own in the place of the packages'."""
    monkeypatch.setattr(text_tokens, "language_text", lambda part="train": documents(part))
    caches = text_tokens.streams, text_tokens.byte_pairs
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_streams_are_whole_documents_of_their_part():
    found = text_tokens.streams(300)
    tokenizer = text_tokens.byte_pairs(300)
    assert tokenizer.get_vocab_size() == 300
    held_out = documents("validation")
    wanted = {
        "train": documents("train"),
        "validation": held_out[::2],
        "test": held_out[1::2],
    }
    for part, expected in wanted.items():
        stream = getattr(found, part)
        assert stream.dtype == np.int16
        ends = np.flatnonzero(stream == text_tokens.SEPARATOR)
        texts = [tokenizer.decode(piece[:-1]) for piece in np.split(stream, ends + 1)[:-1]]
        assert texts == expected


def test_learning_byte_pairs_has_no_random_part():
    first = text_tokens.byte_pairs(300).to_str()
    text_tokens.byte_pairs.cache_clear()
    assert text_tokens.byte_pairs(300).to_str() == first


def test_characters_limit_the_text():
    assert text_tokens.some(["ab", "cde", "f"], 3) == ["ab", "cde"]
    assert text_tokens.some(["ab", "cde", "f"], 2) == ["ab"]
    assert text_tokens.some(["ab", "cde", "f"], 99) == ["ab", "cde", "f"]
    assert text_tokens.some(["ab"], None) == ["ab"]


def test_batches_are_windows_of_the_training_text_chosen_by_the_key():
    draw = jax.jit(lambda key: task.sample(SPEC, key))
    batch = {name: np.asarray(x) for name, x in draw(jax.random.key(1)).items()}
    assert batch["x"].shape == batch["y"].shape == (4, 16)
    assert batch["x"].dtype == np.int32
    stream = text_tokens.streams(300, 20_000).train
    whole = " ".join(map(str, stream))
    for x, y in zip(batch["x"], batch["y"], strict=True):
        np.testing.assert_array_equal(x[1:], y[:-1])
        assert " ".join(map(str, [*x, y[-1]])) in whole
    np.testing.assert_array_equal(batch["x"], draw(jax.random.key(1))["x"])
    assert (batch["x"] != np.asarray(draw(jax.random.key(2))["x"])).any()


def test_validation_windows_do_not_depend_on_the_seed():
    one, two = task.splits(SPEC, 0)["test"], task.splits(SPEC, 1)["test"]
    np.testing.assert_array_equal(one["x"], two["x"])
    assert one["x"].shape == (5, 16)
    stream = text_tokens.streams(300, 20_000).validation
    np.testing.assert_array_equal(one["y"][-1], stream[-16:])


@pytest.mark.parametrize("length", [4, 8, 16])
def test_all_lengths_are_evaluated_on_the_same_tokens(length):
    whole = task.evaluation(SPEC, 6, 3, 16)
    found = task.evaluation(SPEC, 6, 3, length)
    assert found.shape == (6 * 16 // length, length + 1)
    np.testing.assert_array_equal(found[:, 1:].reshape(6, 16), whole[:, 1:])
    assert (task.evaluation(SPEC, 6, 4, 16) != whole).any()


def test_evaluation_says_what_does_not_fit():
    with pytest.raises(ValueError, match=r"holds [0-9]+ windows of 16, not 9999"):
        task.evaluation(SPEC, 9999, 0, 16)
    with pytest.raises(ValueError, match="must divide the training length 16, got 5"):
        task.evaluation(SPEC, 6, 0, 5)


def test_the_loss_is_in_nats_per_token():
    rng = np.random.default_rng(0)
    logits, y = rng.normal(size=(2, 3, 5)), np.array([[0, 1, 2], [4, 4, 0]])
    picked = [
        logits[i, t, y[i, t]] - np.log(np.exp(logits[i, t]).sum()) for i, t in np.ndindex(2, 3)
    ]
    batch = {"y": jnp.asarray(y)}
    found = task.metrics(SPEC, jnp.asarray(logits, jnp.float32), batch)["loss"]
    assert found == pytest.approx(-np.mean(picked), rel=1e-5)
    assert task.loss(SPEC, jnp.asarray(logits, jnp.float32), batch) == found


def test_a_vocabulary_without_all_bytes_is_refused():
    with pytest.raises(ConfigError, match="vocabulary"):
        validate(TextLanguage, SPEC.model_dump() | {"vocabulary": 256}, "task")

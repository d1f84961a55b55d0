"""Sequences of the three settings against their parts, and answers against unbatched passes."""

import jax.numpy as jnp
import numpy as np
import pytest
from flax import nnx
from scipy.special import log_softmax
from tiny_model import BOS, LABELS, SEPARATOR, network, prompts

from papers.dai2022.datasets.sequences import (
    batches,
    demonstrations,
    log_probs,
    sequences,
    wide,
)
from papers.dai2022.models.decoder_answers import read_prefix


@nnx.jit
def alone(module, tokens):
    return module(tokens)


def words(tokens: np.ndarray, length: int) -> list[int]:
    return [int(token) for token in tokens[:length]]


def test_a_context_is_its_demonstrations_each_closed_by_the_separator() -> None:
    arrays = prompts()
    shown = demonstrations(arrays, 1)
    expected = [BOS]
    for row, length in zip(
        arrays["demonstrations"][1], arrays["demonstration_lengths"][1], strict=True
    ):
        expected += [*words(row, length), SEPARATOR]
    assert shown.context().tolist() == expected


def test_tokens_of_a_context_know_their_example() -> None:
    shown = demonstrations(prompts(), 0)
    context, examples = shown.context(), shown.examples()
    assert len(context) == len(examples)
    for number, (row, length) in enumerate(zip(shown.tokens, shown.lengths, strict=True)):
        assert context[examples == number].tolist() == words(row, length)
    assert set(context[examples == -1]) <= {BOS, SEPARATOR}


def test_rows_without_tokens_are_no_demonstrations() -> None:
    arrays = prompts()
    arrays["demonstration_lengths"][0, -1] = 0
    assert len(demonstrations(arrays, 0).lengths) == 3


def test_finetuning_reads_one_demonstration_a_row_after_the_first_token() -> None:
    shown = demonstrations(prompts(), 0)
    tokens, lengths = shown.sequences()
    for row, length, own, count in zip(tokens, lengths, shown.tokens, shown.lengths, strict=True):
        assert len(row) == wide(int(length), 8)
        assert row[:length].tolist() == [BOS, *words(own, count)]


def test_reordering_and_relabelling_change_nothing_else() -> None:
    shown = demonstrations(prompts(), 0)
    turned = shown.reordered(np.array([3, 2, 1, 0]))
    assert turned.reordered(np.array([3, 2, 1, 0])).context().tolist() == shown.context().tolist()
    labels = np.full(4, LABELS[2])
    wrong = shown.relabelled(labels)
    ends = shown.lengths - 1
    assert (wrong.tokens[np.arange(4), ends] == LABELS[2]).all()
    same = np.arange(wrong.tokens.shape[1]) != ends[:, None]
    assert (wrong.tokens == shown.tokens)[same].all()


@pytest.mark.parametrize("in_context", [False, True])
def test_a_prompt_ends_before_the_first_label(in_context: bool) -> None:
    arrays = prompts()
    made = sequences(arrays, "queries", in_context, 5)
    assert len(made.tokens) == 5
    for row, end, own, length in zip(
        made.tokens, made.ends, arrays["queries"], arrays["query_lengths"], strict=False
    ):
        start = [] if in_context else [BOS]
        assert row[: end + 1].tolist() == [*start, *words(own, length)]
        assert row[end + 1] == LABELS[0]


def test_every_prompt_is_in_one_batch_as_it_was() -> None:
    made = sequences(prompts(queries=11), "queries", False)
    rows = []
    for batch in batches(made, 4):
        assert batch.tokens.shape[0] == len(batch.ends) == 4
        assert batch.tokens.shape[1] % 8 == 0
        for row, tokens, end in zip(batch.rows, batch.tokens, batch.ends, strict=False):
            assert end == made.ends[row]
            assert tokens[: end + 2].tolist() == made.tokens[row, : end + 2].tolist()
            rows.append(int(row))
    assert sorted(rows) == list(range(11))


@pytest.mark.parametrize("in_context", [False, True])
def test_answers_are_those_of_whole_sequences_one_by_one(in_context: bool) -> None:
    arrays, module = prompts(), network()
    context = demonstrations(arrays, 0).context()
    made = sequences(arrays, "queries", in_context)
    prefix = read_prefix(module, context) if in_context else None
    found = log_probs(module, made, arrays["label_tokens"], prefix)
    for row, end, answer in zip(made.tokens, made.ends, found, strict=True):
        own = row[: end + 1]
        whole = np.concatenate([context, own]) if in_context else own
        # Of one width, so that one program is compiled: no prediction sees a later token.
        padded = np.pad(whole, (0, len(context) + made.tokens.shape[1] - len(whole)))
        logits = np.asarray(alone(module, jnp.asarray(padded[None])))[0, len(whole) - 1]
        np.testing.assert_allclose(answer, log_softmax(logits)[list(LABELS)], atol=2e-5)

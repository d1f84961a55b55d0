"""Packaged text as streams of tokens: a byte-level BPE, learned from the training documents.

Training and applying it takes seconds, once a process, and has no random part.
"""

import functools
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Int
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from papers.dai2022.texts.corpora import language_text

SEPARATOR = 0
"""The token that ends a document."""


class Streams(NamedTuple):
    """Tokens of the documents of each part, one after the other, each ended by the separator."""

    train: Int[np.ndarray, " train"]
    validation: Int[np.ndarray, " validation"]
    test: Int[np.ndarray, " test"]


@functools.cache
def streams(vocabulary: int, characters: int | None = None) -> Streams:
    """The three streams, int16, each of ``characters`` or more where that is set.

    All processes find the same. Documents held out from training are for validation (what a run
    logs) and tests (what tables report) in turn.

    Raises:
        ConfigError: a package is missing or damaged.
    """
    tokenizer = byte_pairs(vocabulary, characters)
    held_out = some(language_text("validation"), characters)
    parts = some(language_text("train"), characters), held_out[::2], held_out[1::2]
    return Streams(*(_encoded(tokenizer, documents) for documents in parts))


@functools.cache
def byte_pairs(vocabulary: int, characters: int | None = None) -> Tokenizer:
    """The tokenizer; token 0 is the separator."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=["<|endoftext|>"],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(some(language_text("train"), characters), trainer)
    return tokenizer


def some(documents: list[str], characters: int | None) -> list[str]:
    """The first documents, with at least so many characters where there are."""
    if characters is None:
        return documents
    ends = np.cumsum([len(document) for document in documents])
    return documents[: int(np.searchsorted(ends, characters)) + 1]


def _encoded(tokenizer: Tokenizer, documents: Iterable[str]) -> Int[np.ndarray, " token"]:
    encodings = tokenizer.encode_batch(list(documents), add_special_tokens=False)
    tokens = [np.asarray([*encoding.ids, SEPARATOR], np.int16) for encoding in encodings]
    return np.concatenate(tokens)

"""What the small language models read: windows of text, and prompts in their own tokens.

Axis order: window, token; prompts are [seed, query, class, token].
"""

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from papers.dai2022.datasets.templates import prompt, words
from papers.dai2022.spec import TextLanguage
from papers.dai2022.tasks import text_language
from papers.dai2022.tasks.text_tokens import SEPARATOR, byte_pairs
from papers.dai2022.texts import corpora
from papers.dai2022.texts.examples import Example, TaskName
from reprise.specs.base import Seed, Strict
from reprise.specs.errors import ConfigError, validate

Count = Annotated[int, Field(ge=1)]

SHARES = {"quarter": 4, "half": 2, "full": 1}
"""Evaluation lengths: the training length over these."""


class Texts(Strict):
    """Which text, as the task of the models has it."""

    length: Count
    """Tokens of the models' training windows."""
    vocabulary: Count
    characters: Count | None = None

    @property
    def task(self) -> TextLanguage:
        """The task of the models; nothing here depends on batches."""
        fields = {**self.model_dump(include=set(Texts.model_fields)), "batch_size": 1}
        return validate(
            TextLanguage, {"name": "text_language", **fields}, "text of language models"
        )


class Windows(Texts):
    """How many stretches of the full length."""

    count: Count


class FewShot(Texts):
    """Which prompts the models answer."""

    tasks: Annotated[tuple[TaskName, ...], Field(min_length=1, strict=False)]
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1, strict=False)]
    """Each draws other demonstrations."""
    demonstrations: Count = 32
    """At most this many; fewer where they do not fit the training length."""
    queries: Count
    prompt_tokens: Count
    """Longer examples are left out, as queries and as demonstrations."""


def windows(params: Mapping[str, Any], seed: int) -> dict[str, np.ndarray]:
    """``quarter``, ``half``, ``full`` [window, token + 1]: one test text in windows of each length.

    ``train`` is as many windows of text that the models were trained on.
    """
    settings = validate(Windows, dict(params), "windows of text")
    task, count = settings.task, settings.count
    arrays = {
        name: text_language.evaluation(task, count, seed, task.length // share)
        for name, share in SHARES.items()
    }
    return arrays | {"train": text_language.training_windows(task, count)}


def few_shot(params: Mapping[str, Any], seed: int) -> dict[str, np.ndarray]:
    """Per task: ``<task>.tokens`` [seed, query, class, token], padded with 0 on the right.

    A separator, demonstrations each closed by one, the query's prompt and a label's tokens;
    ``<task>.starts`` [seed] is the column of prompts' first token, ``<task>.ends`` [query] the
    number of their tokens; ``<task>.label_lengths`` [class], ``<task>.labels`` [query],
    ``<task>.demonstrations`` [seed].

    Raises:
        ConfigError: too few examples are short enough, or no demonstration fits.
    """
    settings = validate(FewShot, dict(params), "few-shot prompts")
    arrays: dict[str, np.ndarray] = {}
    for name in settings.tasks:
        own = _TaskPrompts(settings, name, seed).arrays()
        arrays |= {f"{name}.{key}": value for key, value in own.items()}
    return arrays


class _TaskPrompts:
    """The prompts of one task."""

    def __init__(self, settings: FewShot, name: TaskName, seed: int) -> None:
        self.settings, self.name = settings, name
        task = settings.task
        self.tokenizer = byte_pairs(task.vocabulary, task.characters)
        self.labels = [self._encode(word) for word in words(name)]
        pools = corpora.pools(name)
        order = np.random.default_rng(seed).permutation(len(pools.queries))
        queries = self._short([pools.queries[i] for i in order])
        if len(queries) < settings.queries:
            raise ConfigError(
                f"{name}: {settings.queries} queries are asked for, but {len(queries)} have at "
                f"most {settings.prompt_tokens} tokens"
            )
        self.queries = queries[: settings.queries]
        self.pool = self._short(pools.train)

    def arrays(self) -> dict[str, np.ndarray]:
        """What ``few_shot`` describes."""
        contexts = [self._context(seed) for seed in self.settings.seeds]
        rows = [
            [[[*context, *tokens, *label] for label in self.labels] for tokens, _ in self.queries]
            for context, _ in contexts
        ]
        # As wide as the windows of text, so that one compiled program reads both.
        width = self.settings.task.length + 1
        shape = len(rows), len(self.queries), len(self.labels), width
        tokens = np.zeros(shape, np.int32)
        for place in np.ndindex(*shape[:3]):
            row = rows[place[0]][place[1]][place[2]]
            tokens[place][: len(row)] = row
        return {
            "tokens": tokens,
            "starts": np.array([len(context) for context, _ in contexts], np.int32),
            "ends": np.array([len(tokens) for tokens, _ in self.queries], np.int32),
            "label_lengths": np.array([len(label) for label in self.labels], np.int32),
            "labels": np.array([label for _, label in self.queries], np.int32),
            "demonstrations": np.array([count for _, count in contexts], np.int32),
        }

    def _context(self, seed: int) -> tuple[list[int], int]:
        """Demonstrations of ``seed`` and how many they are: as many as fit with any query."""
        most = self.settings.task.length - max(len(tokens) for tokens, _ in self.queries)
        most -= max(map(len, self.labels))
        context, count = [SEPARATOR], 0
        for i in np.random.default_rng(seed).permutation(len(self.pool)):
            tokens, label = self.pool[i]
            longer = [*context, *tokens, *self.labels[label], SEPARATOR]
            if len(longer) > most or count == self.settings.demonstrations:
                break
            context, count = longer, count + 1
        if not count:
            raise ConfigError(
                f"{self.name}: no demonstration fits {self.settings.task.length} tokens with the "
                f"longest query; lower prompt_tokens={self.settings.prompt_tokens}"
            )
        return context, count

    def _short(self, examples: list[Example]) -> list[tuple[list[int], int]]:
        """Prompts that are short enough, and their labels."""
        encoded = ((self._encode(prompt(self.name, e)), e.label) for e in examples)
        return [(x, label) for x, label in encoded if len(x) <= self.settings.prompt_tokens]

    def _encode(self, text: str) -> list[int]:
        return list(self.tokenizer.encode(text, add_special_tokens=False).ids)

"""One task's network, demonstrations and queries, and the passes that all comparisons share."""

import zlib
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from papers.dai2022.datasets.passes import Questions, Recordings
from papers.dai2022.datasets.sequences import Arrays, Demonstrations
from papers.dai2022.datasets.similarities import (
    Measures,
    TokenQueries,
    placed,
    similarities,
    token_orders,
    token_queries,
)
from papers.dai2022.models.decoder import Network
from papers.dai2022.models.decoder_answers import Finetuned, Prefix


@dataclass(frozen=True)
class Experiment:
    """The paper's own comparison, with the demonstrations in one order, at one rate."""

    task: str
    module: Network
    questions: Questions
    demos: Demonstrations
    prefix: Prefix
    """The demonstrations, read."""
    rate: float
    tuned: Network
    """The network finetuned on the demonstrations at that rate."""
    zsl: Recordings
    icl: Recordings
    ft: Recordings
    other: Arrays
    """Prompts of another task."""
    seed: int

    @cached_property
    def relabelled(self) -> Demonstrations:
        """The same texts with their labels dealt out at random."""
        labels = self.demos.tokens[np.arange(len(self.demos.lengths)), self.demos.lengths - 1]
        return self.demos.relabelled(self.rng("labels").permutation(labels))

    def rng(self, purpose: str) -> np.random.Generator:
        """Random numbers for one purpose, other ones for every task."""
        return generator(self.seed, f"{self.task} {purpose}")


def generator(seed: int, purpose: str) -> np.random.Generator:
    """Random numbers for one purpose."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])


def queries_of(tuned: Finetuned, demos: Demonstrations) -> TokenQueries:
    """The queries of the demonstrations' tokens that finetuning recorded."""
    return token_queries(tuned.queries, demos.lengths + 1)


def compared(
    questions: Questions,
    recordings: tuple[Recordings, Recordings, Recordings],
    queries: TokenQueries | None,
    examples: np.ndarray,
    most: int,
) -> Measures:
    """All measures [query, layer] between recordings zero-shot, in context and after finetuning.

    Of as many queries as all three have; those of token orders for queries below ``most``, and only
    where there are ``queries`` of the demonstrations' tokens.
    """
    every, early = [], []
    for rows, passes in questions.side_by_side(*recordings):
        every.append((rows, similarities(passes)))
        if queries is not None and (rows < most).any():
            few = passes.some(rows < most)
            early.append((rows[rows < most], token_orders(few, queries, examples)))
    return placed(every) | placed(early)

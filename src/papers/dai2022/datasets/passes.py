"""Passes of networks over a task's queries, with and without a context, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from papers.dai2022.datasets.sequences import Arrays, Batch, batches, sequences
from papers.dai2022.datasets.similarities import Passes
from papers.dai2022.models.decoder import Network
from papers.dai2022.models.decoder_answers import Prefix, Recording, record

Recordings = Sequence[Recording]
"""One per batch of questions."""


@dataclass(frozen=True)
class Questions:
    """A task's queries in batches; those of the first ``checked`` queries come first."""

    prompts: Arrays
    checked: int
    """How many queries the controls are asked."""

    @property
    def count(self) -> int:
        """How many queries there are."""
        return len(self.prompts["query_labels"])

    @cached_property
    def early(self) -> list[tuple[Batch, Batch]]:
        """Batches of the first ``checked`` queries, without and with a context before them."""
        return self._paired(0, self.checked)

    @cached_property
    def every(self) -> list[tuple[Batch, Batch]]:
        """Batches of all queries, of which the first ones are ``early``."""
        late = self._paired(self.checked, None) if self.checked < self.count else []
        return [*self.early, *late]

    def read(
        self, module: Network, prefix: Prefix | None = None, early: bool = False
    ) -> list[Recording]:
        """What ``module`` does with every batch (``early``: with the early ones) after a prefix."""
        pairs = self.early if early else self.every
        candidates, side = self.prompts["label_tokens"], prefix is not None
        return [
            record(module, pair[side].tokens, pair[side].ends, candidates, prefix) for pair in pairs
        ]

    def side_by_side(
        self, zsl: Recordings, icl: Recordings, ft: Recordings
    ) -> list[tuple[np.ndarray, Passes]]:
        """Rows and passes of every batch that all three have, without its repeated rows."""
        parts = []
        for (batch, _), alone, after, tuned in zip(self.every, zsl, icl, ft, strict=False):
            lengths = np.resize(self.prompts["query_lengths"][batch.rows], len(batch.ends))
            whole = Passes(alone, after, tuned, lengths)
            parts.append((batch.rows, whole.some(np.arange(len(batch.rows)))))
        return parts

    def answers(self, recordings: Recordings) -> np.ndarray:
        """Log-probabilities [query, class] of the recordings' batches."""
        rows = np.concatenate([pair[0].rows for pair in self.every[: len(recordings)]])
        found = np.concatenate(
            [
                recording.log_probs[: len(pair[0].rows)]
                for pair, recording in zip(self.every, recordings, strict=False)
            ]
        )
        return np.asarray(found[np.argsort(rows)], np.float32)

    def _paired(self, first: int, last: int | None) -> list[tuple[Batch, Batch]]:
        sides = []
        for side in (False, True):
            queries = sequences(self.prompts, "queries", side, last).after(first)
            sides.append([replace(batch, rows=batch.rows + first) for batch in batches(queries)])
        return list(zip(*sides, strict=True))

"""Sequences of the three settings, as the released code has them, in batches of few shapes.

Zero-shot and finetuned: ``<bos> query``. In context: ``<bos> demo <sep> demo <sep> ... query``;
the demonstrations are read once and kept. Finetuning: ``<bos> demo``, one at a time. A query is
followed by the first label's token, because the published numbers were recorded there.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Int

from papers.dai2022.models.decoder import Network
from papers.dai2022.models.decoder_answers import Prefix, record

Arrays = Mapping[str, np.ndarray]

BATCH = 10
"""Sequences of one forward pass."""
_LENGTHS = {"queries": "query_lengths", "selection": "selection_lengths", "free": "free_lengths"}


def wide(tokens: int, multiple: int) -> int:
    """``tokens`` rounded up to a multiple: as many programs are compiled as there are widths."""
    return -(-tokens // multiple) * multiple


@dataclass(frozen=True)
class Sequences:
    """Prompts to be answered: ``tokens`` [query, token], padded with 0 on the right."""

    tokens: Int[np.ndarray, "query token"]
    ends: Int[np.ndarray, " query"]
    """Column of the last token before the label."""
    multiple: int
    """What their batches are as wide as a multiple of."""

    def after(self, first: int) -> "Sequences":
        """Those from number ``first`` on."""
        return replace(self, tokens=self.tokens[first:], ends=self.ends[first:])


@dataclass(frozen=True)
class Demonstrations:
    """One draw of labelled examples, in order: ``tokens`` [demo, token], padded with 0."""

    tokens: Int[np.ndarray, "demo token"]
    lengths: Int[np.ndarray, " demo"]
    bos: int
    separator: int
    multiple: int

    def reordered(self, order: Int[np.ndarray, " demo"]) -> "Demonstrations":
        """The same examples in another order."""
        return replace(self, tokens=self.tokens[order], lengths=self.lengths[order])

    def relabelled(self, labels: Int[np.ndarray, " demo"]) -> "Demonstrations":
        """The same texts with other label tokens."""
        tokens = self.tokens.copy()
        tokens[np.arange(len(tokens)), self.lengths - 1] = labels
        return replace(self, tokens=tokens)

    def context(self) -> Int[np.ndarray, " token"]:
        """All in one sequence, each closed by the separator."""
        parts = [[self.bos]]
        for row, length in zip(self.tokens, self.lengths, strict=True):
            parts += [row[:length].tolist(), [self.separator]]
        return np.array([token for part in parts for token in part], np.int32)

    def examples(self) -> Int[np.ndarray, " token"]:
        """Number of the example that each token of ``context`` belongs to; -1 where none."""
        parts = [[-1]]
        for number, length in enumerate(self.lengths):
            parts += [[number] * int(length), [-1]]
        return np.array([number for part in parts for number in part])

    def sequences(self) -> tuple[list[Int[np.ndarray, " token"]], Int[np.ndarray, " demo"]]:
        """What finetuning reads, one row a step, and its lengths."""
        rows = []
        for tokens, length in zip(self.tokens, self.lengths, strict=True):
            row = np.zeros(wide(int(length) + 1, self.multiple), np.int32)
            row[: length + 1] = [self.bos, *tokens[:length]]
            rows.append(row)
        return rows, self.lengths + 1


def demonstrations(prompts: Arrays, seed_index: int) -> Demonstrations:
    """The draw of ``seeds[seed_index]``; rows without tokens are left out."""
    lengths = prompts["demonstration_lengths"][seed_index]
    used = lengths > 0
    tokens = prompts["demonstrations"][seed_index][used]
    names = ("bos", "separator", "multiple")
    return Demonstrations(tokens, lengths[used], *(prompts[name].item() for name in names))


def sequences(prompts: Arrays, split: str, in_context: bool, most: int | None = None) -> Sequences:
    """The first ``most`` prompts of ``split`` (queries, selection or free) and the first label.

    ``in_context`` leaves the first token to the demonstrations that are read before.
    """
    tokens, lengths = prompts[split][:most], prompts[_LENGTHS[split]][:most]
    rows, start = np.arange(len(tokens)), 0 if in_context else 1
    padded = np.pad(tokens, ((0, 0), (start, 1)))
    if not in_context:
        padded[:, 0] = prompts["bos"]
    padded[rows, start + lengths] = prompts["label_tokens"][0]
    ends = (start + lengths - 1).astype(np.int32)
    return Sequences(padded.astype(np.int32), ends, prompts["multiple"].item())


@dataclass(frozen=True)
class Batch:
    """``rows`` of some sequences; the last row is repeated up to the full batch."""

    rows: Int[np.ndarray, " row"]
    tokens: Int[np.ndarray, "batch token"]
    ends: Int[np.ndarray, " batch"]


def batches(prompts: Sequences, size: int = BATCH) -> Iterator[Batch]:
    """All sequences, those of similar length together, each batch of ``size`` rows."""
    order = np.argsort(prompts.ends, kind="stable")
    for start in range(0, len(order), size):
        rows = order[start : start + size]
        full = np.pad(rows, (0, size - len(rows)), mode="edge")
        # The token after the end, too.
        width = wide(int(prompts.ends[rows].max()) + 2, prompts.multiple)
        tokens = prompts.tokens[full, :width]
        spare = width - tokens.shape[1]
        yield Batch(rows, np.pad(tokens, ((0, 0), (0, spare))), prompts.ends[full])


def log_probs(
    module: Network, prompts: Sequences, candidates: np.ndarray, prefix: Prefix | None = None
) -> np.ndarray:
    """Log probabilities [query, class] of the candidates' tokens, over the whole vocabulary."""
    answers = np.zeros((len(prompts.ends), len(candidates)), np.float32)
    for batch in batches(prompts):
        recording = record(module, batch.tokens, batch.ends, candidates, prefix)
        answers[batch.rows] = recording.log_probs[: len(batch.rows)]
    return answers

"""The three settings side by side: networks, what each was given, and their passes over queries."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from papers.dai2022.datasets.sequences import Arrays, Batch, batches, sequences
from papers.dai2022.datasets.similarities import Passes
from papers.dai2022.models.decoder import Network
from papers.dai2022.models.decoder_answers import Prefix, Recording, record
from reprise.training.progress import done


class Settings(NamedTuple):
    """What a comparison sets side by side: networks, and the demonstrations they were given."""

    zsl: Network
    ft: Network
    prefix: Prefix
    """The context as the network of ``icl`` has read it."""
    icl: Network


Reader = Callable[[Network, Batch, np.ndarray, Prefix | None], Recording]


def read(module: Network, batch: Batch, candidates: np.ndarray, prefix: Prefix | None) -> Recording:
    """What ``module`` does with a batch."""
    return record(module, batch.tokens, batch.ends, candidates, prefix)


def passes(
    prompts: Arrays,
    settings: Settings,
    zero_shot: Batch,
    in_context: Batch,
    reader: Reader = read,
) -> tuple[Passes, dict[str, np.ndarray]]:
    """The recordings of one batch, without its repeated rows, and the answers of each setting."""
    candidates, count = prompts["label_tokens"], len(zero_shot.rows)
    recorded = {
        "zsl": reader(settings.zsl, zero_shot, candidates, None),
        "icl": reader(settings.icl, in_context, candidates, settings.prefix),
        "ft": reader(settings.ft, zero_shot, candidates, None),
    }
    lengths = np.pad(
        prompts["query_lengths"][zero_shot.rows], (0, len(zero_shot.ends) - count), mode="edge"
    )
    real = some(Passes(**recorded, lengths=lengths), np.arange(count))
    answers = {f"{name}.log_probs": getattr(real, name).log_probs for name in recorded}
    done(len(recorded) * count)
    return real, answers


def paired(prompts: Arrays, first: int, last: int | None) -> list[tuple[Batch, Batch]]:
    """Batches of queries ``first`` .. ``last - 1`` without and with a context before them."""
    sides = []
    for side in (False, True):
        queries = sequences(prompts, "queries", side, last).after(first)
        sides.append([replace(batch, rows=batch.rows + first) for batch in batches(queries)])
    return list(zip(*sides, strict=True))


def some(passes: Passes, rows: np.ndarray) -> Passes:
    """The passes of some of their queries."""
    return Passes(
        _of(passes.zsl, rows), _of(passes.icl, rows), _of(passes.ft, rows), passes.lengths[rows]
    )


def _of(recording: Recording, rows: np.ndarray) -> Recording:
    demo = recording.demo_scores
    return Recording(
        recording.log_probs[rows],
        recording.hidden[:, :, rows],
        recording.own_scores[:, :, :, rows],
        None if demo is None else demo[:, :, rows],
        recording.queries[:, :, rows],
    )

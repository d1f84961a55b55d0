"""Which queries are answered rightly, by three ways to score labels.

Axis order: (order, query, class); content-free prompts: (order, free, class).
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool

from papers.dai2022.analysis.label_answers import content_free, mean_centred, right
from papers.dai2022.tables.samples import Arrays

SCORINGS = ("raw", "content_free", "mean_centred")
RAW = SCORINGS[0]
CONDITIONS = ("zsl", "ft", "icl")


def scorings(
    arrays: Arrays, condition: str
) -> Iterator[tuple[str, Bool[np.ndarray, "order query"]]]:
    """The ways to score a condition and which queries each answers rightly.

    ``raw``: as published. ``content_free``: relative to prompts without content, where there are
    any. ``mean_centred``: relative to every label's mean over the queries.
    """
    scores, labels = _ordered(arrays[f"{condition}.log_probs"]), arrays["labels"]
    yield "raw", right(scores, labels)
    free = arrays.get(f"{condition}.free")
    if free is not None and free.shape[-2]:
        yield "content_free", right(content_free(scores, _ordered(free)), labels)
    yield "mean_centred", right(mean_centred(scores), labels)


def _ordered(scores: np.ndarray) -> np.ndarray:
    """In double precision, with an axis of orders where there is none."""
    return scores.astype(float).reshape(-1, *scores.shape[-2:])

"""Which queries are answered rightly, by three ways to score labels.

Axis order: (..., query, class); content-free prompts: (free, class).
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Bool, Float, Integer

from papers.dai2022.analysis.label_answers import answers, content_free, mean_centred
from papers.dai2022.tables.samples import Arrays

SCORINGS = ("raw", "content_free", "mean_centred")
RAW = SCORINGS[0]
CONDITIONS = ("zsl", "ft", "icl")


def right(
    scores: Float[np.ndarray, "*more query label"], labels: Integer[np.ndarray, " query"]
) -> Bool[np.ndarray, "*more query"]:
    """Whether the label of highest score is the query's; scores that are not finite are wrong."""
    finite = np.isfinite(scores).all(axis=-1)
    return np.asarray((answers(scores) == labels) & finite)


def scorings(arrays: Arrays, condition: str) -> Iterator[tuple[str, Bool[np.ndarray, " query"]]]:
    """The ways to score a condition and which queries each answers rightly.

    ``raw``: as published. ``content_free``: relative to prompts without content, where there are
    any. ``mean_centred``: relative to every label's mean over the queries.
    """
    scores, labels = arrays[f"{condition}.log_probs"].astype(float), arrays["labels"]
    yield "raw", right(scores, labels)
    free = arrays.get(f"{condition}.free")
    if free is not None and len(free):
        yield "content_free", right(content_free(scores, free.astype(float)), labels)
    yield "mean_centred", right(mean_centred(scores), labels)

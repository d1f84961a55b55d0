"""What the tasks consist of: queries, demonstrations, labels and their lengths in tokens."""

import numpy as np
import pandas as pd

from papers.dai2022.tables.samples import Arrays, by_task
from reprise.results import Inputs


def sets(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``quantity``, ``value`` and ``paper``, the published number or NaN.

    Quantities: ``queries``, ``selection`` (queries that choices are made on), ``labels``,
    ``demonstrations``, ``seeds``, ``context_tokens`` (the longest of all seeds, with a separator
    behind every demonstration), ``query_tokens`` (mean), ``longest_query``, ``commonest_label``
    (its share of the queries, in percent: what always answering it would reach).
    """
    known = {
        (row.task, row.quantity): float(row.value)
        for table in inputs.reference.values()
        for row in table.itertuples()
    }
    rows = [
        (task, quantity, value, known.get((task, quantity), np.nan))
        for task, arrays in by_task(inputs, "prompts").items()
        for quantity, value in quantities(arrays).items()
    ]
    return pd.DataFrame(rows, columns=["task", "quantity", "value", "paper"])


def quantities(arrays: Arrays) -> dict[str, float]:
    """The numbers of one task; see ``sets``."""
    lengths, queries = arrays["demonstration_lengths"], arrays["query_lengths"]
    counts = np.bincount(arrays["query_labels"], minlength=len(arrays["label_tokens"]))
    numbers = {
        "queries": len(queries),
        "selection": len(arrays["selection_lengths"]),
        "labels": len(arrays["label_tokens"]),
        "demonstrations": lengths.shape[1],
        "seeds": lengths.shape[0],
        "context_tokens": 1 + (lengths + 1).sum(axis=1).max(),
        "query_tokens": queries.mean(),
        "longest_query": queries.max(),
        "commonest_label": 100 * counts.max() / counts.sum(),
    }
    return {name: float(value) for name, value in numbers.items()}

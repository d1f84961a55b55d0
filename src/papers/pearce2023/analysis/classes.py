"""Classes of training runs: memorised, grokked, train and test together, nothing learned.

The rule and its two thresholds are those of the interactive sweeps of Pearce et al. 2023
(parity sweep, F8; architecture sweep, F21).
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

CLASSES = ("M", "K", "G", "N")
"""Memorised, grokked, generalised together with training, no learning: the published order."""

NAMES = {
    "M": "High test loss",
    "K": "Grokking",
    "G": "Train/test drop together",
    "N": "High train loss",
}
MIN_LOSS = 1e-5
RATIO = 5e4
TIE = "tie"


def extremes(metrics: pd.DataFrame) -> pd.DataFrame:
    """``min_train_loss``, ``min_test_loss`` and ``max_ratio`` of every member, index ``member``.

    ``max_ratio`` is the largest test loss / train loss at one logged step. Rows with NaN losses
    (after a divergence) are left out; a member with no other rows gets NaN.
    """
    ratio = metrics["test_loss"] / metrics["train_loss"]
    by_member = metrics.assign(ratio=ratio).groupby("member", sort=True)
    table = by_member[["train_loss", "test_loss", "ratio"]].agg(
        {"train_loss": "min", "test_loss": "min", "ratio": "max"}
    )
    return table.rename(
        columns={"train_loss": "min_train_loss", "test_loss": "min_test_loss", "ratio": "max_ratio"}
    )


def classify(extremes: pd.DataFrame, min_loss: float = MIN_LOSS, ratio: float = RATIO) -> pd.Series:
    """The class of each row of ``extremes``, decided in the published order.

    N where the smallest train loss exceeds ``min_loss`` (or is NaN), else M where the smallest
    test loss exceeds it, else G where the largest test/train ratio is below ``ratio``, else K.
    """
    not_learned = ~(extremes["min_train_loss"] <= min_loss)
    memorised = ~(extremes["min_test_loss"] <= min_loss)
    together = extremes["max_ratio"] < ratio
    classes = np.select([not_learned, memorised, together], ["N", "M", "G"], default="K")
    return pd.Series(classes, index=extremes.index, name="class")


def counts(table: pd.DataFrame, by: list[str], column: str = "class") -> pd.DataFrame:
    """Rows of each class per group: the columns ``by``, one per class, and ``total``."""
    keys = [table[name] for name in by]
    numbers = pd.crosstab(keys, table[column]).reindex(columns=list(CLASSES), fill_value=0)
    numbers.columns.name = None
    return numbers.assign(total=numbers.sum(axis=1)).reset_index()


def majority(row: ArrayLike) -> str:
    """The class with most of the four counts M, K, G, N; ``tie`` where two or more lead."""
    counts = np.asarray(row, float)
    leaders = np.flatnonzero(counts == counts.max())
    return CLASSES[leaders[0]] if len(leaders) == 1 else TIE


def total_variation(first: ArrayLike, second: ArrayLike) -> float:
    """Half the summed absolute difference of two count vectors after scaling each to sum 1.

    Raises ValueError where a vector sums to zero or the lengths differ.
    """
    p, q = (np.asarray(counted, float) for counted in (first, second))
    if p.shape != q.shape or p.sum() <= 0 or q.sum() <= 0:
        raise ValueError("total variation needs two count vectors of one length, neither empty")
    return float(np.abs(p / p.sum() - q / q.sum()).sum() / 2)

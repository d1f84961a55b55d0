"""Networks of several seeds in one line."""

from pandas import DataFrame


def over_seeds(rows: DataFrame, x: str) -> DataFrame:
    """``x``, ``value``, ``low``, ``high`` of one model: means over its networks, and their range.

    Of a single network, or of a control, the range is its own interval.
    """
    several = rows["seed"].nunique() > 1
    ends = ("value", "value") if several else ("low", "high")
    by = rows.groupby(x, as_index=False)
    return by.agg(value=("value", "mean"), low=(ends[0], "min"), high=(ends[1], "max"))


def first_seed(rows: DataFrame) -> DataFrame:
    """The rows of the first network: the one that is shown where only one can be."""
    return rows[rows["seed"] == rows["seed"].min()]

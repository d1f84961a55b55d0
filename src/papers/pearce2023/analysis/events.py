"""Events of training runs, from metrics with the columns ``member``, ``step`` and the metrics."""

import numpy as np
import pandas as pd

Number = float | int


def first_step(
    metrics: pd.DataFrame,
    column: str,
    *,
    at_least: Number = -np.inf,
    below: Number = np.inf,
) -> pd.Series:
    """First logged step at which ``column`` meets the bounds.

    One value per member (index ``member``), NaN where it never happens; rows of NaN meet no bound.
    """
    values = metrics[column]
    met = (values >= at_least) & (values < below)
    steps = metrics.loc[met].groupby("member")["step"].min()
    return steps.reindex(members(metrics)).astype(float).rename(column)


def value_at(metrics: pd.DataFrame, column: str, step: Number | pd.Series) -> pd.Series:
    """``column`` at the last logged step not after ``step`` (one step, or one per member).

    One value per member, NaN where the step is NaN or comes before the first row.
    """
    limit = metrics["member"].map(step) if isinstance(step, pd.Series) else step
    rows = metrics.loc[metrics["step"] <= limit].sort_values("step", kind="stable")
    last = rows.groupby("member")[column].agg(lambda values: values.iloc[-1])
    return last.reindex(members(metrics)).astype(float).rename(column)


def final(metrics: pd.DataFrame, column: str) -> pd.Series:
    """``column`` in each member's last row, NaN if it is NaN there."""
    return value_at(metrics, column, np.inf)


def members(metrics: pd.DataFrame) -> pd.Index:
    """The members of ``metrics`` in ascending order, as an index named ``member``."""
    return pd.Index(sorted(metrics["member"].unique()), name="member")

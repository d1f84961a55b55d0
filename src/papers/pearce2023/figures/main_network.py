"""What figures of the main network's weights share: stages, frequency groups, layout."""

import numpy as np
from matplotlib.figure import Figure, SubFigure
from pandas import DataFrame

from reprise.plotting import theme

MATRICES = ("W_input", "W_output")
WEIGHT_LIMIT = 5
"""The article's colour scale and y axis; larger weights saturate."""
MOST_GROUPS = 6
"""Groups drawn in a figure with one row or column per group, the largest first."""


def panels(figure: Figure, heights: list[float]) -> tuple[SubFigure, SubFigure]:
    """Two sub-figures, one above the other, each with a layout of its own."""
    both = figure.subfigures(2, 1, height_ratios=heights)
    assert isinstance(both, np.ndarray)
    return both[0], both[1]


def square(rows: DataFrame, index: str, columns: str, values: str) -> np.ndarray:
    """The long form ``rows`` as a matrix (index, columns)."""
    return rows.pivot_table(index=index, columns=columns, values=values).to_numpy()


def stage_steps(table: DataFrame) -> dict[str, int]:
    """Stage -> step, in the order of the steps."""
    rows = table.drop_duplicates("stage").sort_values("step")
    return dict(zip(rows["stage"], rows["step"], strict=True))


def count_neurons(neurons: int) -> str:
    """``1 neuron``, ``5 neurons``."""
    return f"{neurons} neuron" if neurons == 1 else f"{neurons} neurons"


def largest_groups(table: DataFrame) -> tuple[list[int], int]:
    """The ``MOST_GROUPS`` frequencies with most neurons, ascending, and how many are left out."""
    sizes = table[table["frequency"] > 0].groupby("frequency")["neuron"].nunique()
    ranked = sorted(sizes.index, key=lambda frequency: (-sizes[frequency], frequency))
    return sorted(int(f) for f in ranked[:MOST_GROUPS]), max(len(ranked) - MOST_GROUPS, 0)


def group_color(groups: list[int], frequency: int) -> str:
    """One colour per group, grey for neurons of none."""
    if frequency not in groups:
        return theme.MUTED
    return theme.CATEGORIES[groups.index(frequency) % len(theme.CATEGORIES)]

"""Vectors of the five neurons on a plane: for F12 and F13."""

from matplotlib.axes import Axes
from pandas import DataFrame

from papers.pearce2023.figures import circles
from reprise.plotting import theme


def draw_vectors(ax: Axes, group: DataFrame) -> None:
    """One vector per neuron, from the centre of a circle with their mean norm."""
    largest = float(group["norm"].max())
    circles.circle(ax, float(group["norm"].mean()))
    for row in group.itertuples():
        color = theme.CATEGORIES[row.neuron % len(theme.CATEGORIES)]
        circles.ray(ax, row.cos, row.sin, color, 1.2)
        ax.scatter(row.cos, row.sin, s=16, color=color, zorder=3)
    circles.frame(ax, 1.25 * largest)

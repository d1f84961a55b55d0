"""A2: two numbers added by five ReLU neurons."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures import circles
from papers.pearce2023.figures.a1 import ANSWER
from reprise.plotting import theme

NEURONS = [color for place, color in enumerate(theme.CATEGORIES) if place not in (1, 4)]
"""Colours of neurons: the answer is orange."""


def relu_projection(tables: Mapping[str, DataFrame]) -> Figure:
    """A2: projections of the mean point (top) and the same at twice the angle, summed (bottom)."""
    table, points = tables["projection_examples"], tables["circle_embedding"]
    groups = [group for _, group in table.groupby(["a", "b"], sort=False)]
    figure, axes = theme.figure("column", 4.5, nrows=2, ncols=len(groups), squeeze=False)
    for column, group in enumerate(groups):
        first = next(group.itertuples())
        title = f"{first.a} + {first.b} = {first.target} (mod {len(points)})"
        axes[0, column].set_title(title)
        _draw_projections(axes[0, column], points, group)
        _draw_sum(axes[1, column], points, group)
    for ax, text in zip(axes[:, 0], ["project, ReLU", "double angles, sum"], strict=True):
        ax.set_ylabel(text)
    return figure


def _draw_projections(ax: Axes, points: DataFrame, group: DataFrame) -> None:
    circles.circle(ax)
    first = next(group.itertuples())
    pair = points.iloc[[first.a, first.b]]
    ax.plot(pair["cos"], pair["sin"], color=theme.MUTED, lw=1, ls=":")
    ax.scatter(pair["cos"], pair["sin"], s=14, color=theme.INK, zorder=3)
    circles.write_outside(ax, pair["cos"], pair["sin"], [str(first.a), str(first.b)], theme.INK)
    for row in group.itertuples():
        color = NEURONS[row.neuron]
        circles.ray(ax, row.in_x, row.in_y, color, 0.7)
        circles.ray(ax, row.in_x * row.activation, row.in_y * row.activation, color, 3.5)
    ax.scatter(first.mean_x, first.mean_y, s=24, color="white", edgecolor=theme.INK, zorder=4)
    circles.frame(ax)


def _draw_sum(ax: Axes, points: DataFrame, group: DataFrame) -> None:
    circles.circle(ax)
    first = next(group.itertuples())
    goal = points.iloc[first.target]
    for row in group.itertuples():
        color = NEURONS[row.neuron]
        circles.ray(ax, row.out_x, row.out_y, color, 0.7)
        circles.ray(ax, row.out_x * row.activation, row.out_y * row.activation, color, 3.5)
    ax.scatter(goal["cos"], goal["sin"], s=20, color=ANSWER, zorder=3)
    circles.write_outside(ax, goal["cos"], goal["sin"], [str(first.target)], ANSWER)
    circles.ray(ax, goal["cos"], goal["sin"], ANSWER, 0.8, "--")
    ax.scatter(first.output_x, first.output_y, s=26, color="white", edgecolor=ANSWER, zorder=4)
    ax.set_xlabel(f"answer {first.answer}", color=ANSWER)
    circles.frame(ax)

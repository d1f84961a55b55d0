"""The constructed solution on the circle: F9, A1, A2 and A3 of Pearce et al. 2023."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures import circles
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
ANSWER = theme.HIGHLIGHT


def embedding(tables: Tables) -> Figure:
    """F9: the embedding as a heatmap (number by coordinate) and as points on the unit circle."""
    table = tables["circle_embedding"]
    figure, (left, right) = theme.figure("column", 4.0, ncols=2, width_ratios=[1, 3.2])
    mesh = theme.weight_heatmap(left, table[["cos", "sin"]].to_numpy(), 1.0)
    left.set_xticks([0.5, 1.5], ["cos", "sin"])
    shown = np.arange(0, len(table), 10)
    left.set_yticks(shown + 0.5, [str(n) for n in shown])
    left.set_ylabel("number")
    theme.colorbar(mesh, left, "embedding")
    circles.circle(right)
    right.scatter(table["cos"], table["sin"], s=9, color=theme.CATEGORIES[0], zorder=3)
    some = table[table["number"] % 4 == 0]
    names = [str(n) for n in some["number"]]
    circles.write_outside(right, some["cos"], some["sin"], names, theme.INK)
    circles.frame(right, 1.2)
    return figure


def linear_circle(tables: Tables) -> Figure:
    """A1: the mean of two points (top) read off a circle walked twice as slowly (bottom)."""
    examples, points = tables["linear_examples"], tables["circle_embedding"]
    figure, axes = theme.figure(
        "column", 4.5, nrows=2, ncols=len(examples), squeeze=False, height_ratios=[1, 1]
    )
    for column, row in enumerate(examples.itertuples()):
        _draw_mean(axes[0, column], points, row)
        axes[0, column].set_title(f"{row.a} + {row.b} = {row.target} (mod {len(points)})")
        _draw_half_steps(axes[1, column], len(points), row)
    for ax, text in zip(axes[:, 0], ["embed, average", "read off half steps"], strict=True):
        ax.set_ylabel(text)
    return figure


def _draw_mean(ax: Axes, points: DataFrame, row: Any) -> None:
    circles.circle(ax)
    ax.scatter(points["cos"], points["sin"], s=3, color=theme.MUTED)
    pair = points.iloc[[row.a, row.b]]
    ax.plot(pair["cos"], pair["sin"], color=theme.MUTED, lw=1, ls=":")
    ax.scatter(pair["cos"], pair["sin"], s=18, color=theme.CATEGORIES[0], zorder=3)
    names = [str(row.a), str(row.b)]
    circles.write_outside(ax, pair["cos"], pair["sin"], names, theme.CATEGORIES[0])
    circles.ray(ax, row.mean_x, row.mean_y, theme.INK, 1)
    ax.scatter(row.mean_x, row.mean_y, s=18, color=theme.INK, zorder=3)
    circles.frame(ax)


def _draw_half_steps(ax: Axes, modulus: int, row: Any) -> None:
    steps = np.arange(2 * modulus)
    x, y = np.cos(np.pi * steps / modulus), np.sin(np.pi * steps / modulus)
    circles.circle(ax)
    ax.scatter(x, y, s=3, color=theme.MUTED)
    some = steps[::8]
    names = [str(s % modulus) for s in some]
    circles.write_outside(ax, x[some], y[some], names, theme.REFERENCE)
    angle = np.arctan2(row.mean_y, row.mean_x)
    circles.ray(ax, np.cos(angle), np.sin(angle), ANSWER, 1)
    ax.scatter(row.mean_x, row.mean_y, s=18, color=theme.INK, zorder=3)
    ax.scatter(np.cos(angle), np.sin(angle), s=22, color=ANSWER, zorder=3)
    ax.set_xlabel(f"answer {row.answer}", color=ANSWER)
    circles.frame(ax)


def relu_projection(tables: Tables) -> Figure:
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
        color = theme.CATEGORIES[row.neuron]
        circles.ray(ax, row.in_x, row.in_y, color, 0.7)
        circles.ray(ax, row.in_x * row.activation, row.in_y * row.activation, color, 3.5)
    ax.scatter(first.mean_x, first.mean_y, s=24, color="white", edgecolor=theme.INK, zorder=4)
    circles.frame(ax)


def _draw_sum(ax: Axes, points: DataFrame, group: DataFrame) -> None:
    circles.circle(ax)
    first = next(group.itertuples())
    goal = points.iloc[first.target]
    for row in group.itertuples():
        color = theme.CATEGORIES[row.neuron]
        circles.ray(ax, row.out_x, row.out_y, color, 0.7)
        circles.ray(ax, row.out_x * row.activation, row.out_y * row.activation, color, 3.5)
    ax.scatter(goal["cos"], goal["sin"], s=20, color=ANSWER, zorder=3)
    circles.write_outside(ax, goal["cos"], goal["sin"], [str(first.target)], ANSWER)
    circles.ray(ax, goal["cos"], goal["sin"], ANSWER, 0.8, "--")
    ax.scatter(first.output_x, first.output_y, s=26, color="white", edgecolor=ANSWER, zorder=4)
    ax.set_xlabel(f"answer {first.answer}", color=ANSWER)
    circles.frame(ax)


def every_output(tables: Tables) -> Figure:
    """A3: the output of every input a = b, one panel per number of neurons."""
    groups = list(tables["every_output"].groupby("neurons"))
    columns = 4
    rows = -(-len(groups) // columns)
    figure, axes = theme.figure("wide", 2.0 * rows, nrows=rows, ncols=columns, squeeze=False)
    for ax in axes.flat[len(groups) :]:
        ax.set_visible(False)
    for ax, (neurons, group) in zip(axes.flat, groups, strict=False):
        largest = float(np.hypot(group["x"], group["y"]).max())
        target = 2 * np.pi * group["target"] / group["modulus"]
        radius = np.hypot(group["x"], group["y"])
        for x, y, angle, r in zip(group["x"], group["y"], target, radius, strict=True):
            ax.plot([x, r * np.cos(angle)], [y, r * np.sin(angle)], color=theme.MUTED, lw=0.8)
        colors = np.where(group["right"], theme.CATEGORIES[0], ANSWER)
        circles.circle(ax, float(radius.mean()))
        ax.scatter(group["x"], group["y"], s=6, c=colors, zorder=3)
        circles.frame(ax, 1.1 * largest)
        ax.set_title(f"N = {neurons}", loc="center")
        ax.set_xlabel(f"{group['right'].mean():.0%} right")
    return figure

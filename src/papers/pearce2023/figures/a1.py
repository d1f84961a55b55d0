"""A1: two numbers added by averaging their points on a circle."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures import circles
from reprise.plotting import theme

ANSWER = theme.HIGHLIGHT


def linear_circle(tables: Mapping[str, DataFrame]) -> Figure:
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

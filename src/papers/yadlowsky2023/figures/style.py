"""Colours and marks that the figures of Yadlowsky et al. 2023 share."""

from collections.abc import Iterable
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.typing import ColorType
from pandas import DataFrame

from reprise.plotting import theme
from reprise.plotting.numbers import number

SPARSE_ONLY = theme.CATEGORIES[1]
DENSE_ONLY = theme.CATEGORIES[2]
MIXTURE = theme.CATEGORIES[0]
NETWORK = theme.HIGHLIGHT
SHADE = "#E5E7EB"


def curve(
    ax: Axes, rows: DataFrame, x: str, color: ColorType, *, y: str = "mse", **line: Any
) -> Line2D:
    """The mean of ``y`` over networks against ``x``; of one network with its band, if any.

    Of several networks (column ``seed``), each is drawn as a thin line as well.
    """
    seeds = rows["seed"].unique() if "seed" in rows else [None]
    if len(seeds) == 1 and "low" in rows:
        return theme.line_with_band(ax, rows, x, y, color, **line)
    for seed in seeds:
        own = rows[rows["seed"] == seed]
        ax.plot(own[x], own[y], color=color, lw=0.7, alpha=0.6)
    mean = rows.groupby(x, as_index=False)[y].mean()
    (drawn,) = ax.plot(mean[x], mean[y], color=color, **line)
    return drawn


def dashed(ax: Axes, rows: DataFrame, x: str, *, y: str = "mse", style: str = "--") -> Line2D:
    """An exact predictor."""
    (drawn,) = ax.plot(rows[x], rows[y], color=theme.THEORY, ls=style, lw=1.1, zorder=3)
    return drawn


def shade(ax: Axes, low: float, high: float) -> None:
    """Mark a range of x, behind everything."""
    ax.axvspan(low, high, color=SHADE, zorder=0, lw=0)


def note(ax: Axes, text: str, *, x: float = 0.98) -> None:
    """A few words in an upper corner of the axes."""
    ax.text(
        x,
        0.97,
        text,
        transform=ax.transAxes,
        fontsize=7.5,
        color=theme.REFERENCE,
        ha="right" if x > 0.5 else "left",
        va="top",
    )


def say_gate(figure: Figure, ratios: Iterable[float], what: str) -> None:
    """Say below the picture that nothing in it is judged, where networks have not learned.

    ``ratios`` are errors of the networks over what counts as learned (``what``), one per seed.
    """
    mean = float(np.mean([*ratios]))
    if mean > 1:
        theme.say(
            figure,
            f"Gate not met: {what} is {number(mean, 3)} times what counts as learned. What depends "
            "on it is not judged.",
        )


def say_linear_gate(figure: Figure, summary: DataFrame) -> None:
    """``say_gate`` of the networks on dense and sparse functions."""
    rows = summary[(summary["source"] == "network") & (summary["quantity"] == "gate_tolerances")]
    say_gate(figure, rows["value"], "the error over least squares and the lasso, in tolerances,")


def say_curve_gate(figure: Figure, networks: DataFrame) -> None:
    """``say_gate`` of the networks on lines and sines."""
    rows = networks[
        (networks["model"] == "curves") & (networks["quantity"] == "in_class_over_limit")
    ]
    say_gate(figure, rows["value"], "the error on lines and sines after 20 examples")


def percent(weight: float) -> str:
    """0.25 -> ``25 % dense``, the ends by their names."""
    return {0.0: "sparse only", 1.0: "dense only"}.get(weight, f"{100 * weight:g} % dense")


def weight_axis(ax: Axes) -> None:
    """The axis of the weight of the line in a combination."""
    ax.set(xlim=(-0.03, 1.03), xlabel="weight of the line")


def of_quantity(table: DataFrame, quantity: str) -> DataFrame:
    """The rows of ``quantity`` at one weight of the line, by weight."""
    return table[(table["quantity"] == quantity) & table["alpha"].notna()].sort_values("alpha")

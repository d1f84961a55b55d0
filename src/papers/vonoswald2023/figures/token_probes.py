"""Past tokens in the residual stream of the last one: Figures 2A, 17 and 21."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import ColorType
from pandas import DataFrame

from papers.vonoswald2023.figures.stored_points import stored_label, stored_points
from reprise.plotting import theme

STORED = "fig2a", "fig2a_partial"
FLOOR = 1e-5
"""Errors below stand here, as triangles: published ones are rounded to 0."""
SAMPLES = {"mse": ("sequences of the fit", "-"), "held_out": ("other sequences", ":")}
"""Column of the table -> the sequences that it is of, and its line."""


def token_lines(ax: Axes, rows: DataFrame, color: ColorType, label: str = "") -> None:
    """Mean errors over t of one network, in the sample and (dotted) on other sequences."""
    for column, (_, style) in SAMPLES.items():
        error = rows.groupby("t")[column].mean()
        marks: dict[str, Any] = {"color": color, "ls": style, "marker": ".", "ms": 5}
        ax.plot(error.index, error.clip(FLOOR), **marks, label=label if style == "-" else None)
        low = error.index[error < FLOOR]
        ax.plot(low, [FLOOR] * len(low), ls="none", marker="v", color=color, ms=6)


def token_points(ax: Axes, points: DataFrame, model: str, color: ColorType) -> None:
    """The authors' errors of the network ``model``."""
    own = points[points["figure"].isin(STORED) & (points["model"] == model)]
    known = own.assign(value=own["value"].astype(float))
    stored_points(ax, known[known["value"] >= FLOOR], "t", "value", color)
    low = known.loc[known["value"] < FLOOR, "t"]
    ax.plot(low, [FLOOR] * len(low), ls="none", marker="v", mfc="none", color=color, ms=6)


def token_frame(ax: Axes, table: DataFrame, title: str) -> None:
    """Axes, title, and the variance, which is the error of knowing nothing."""
    variance = table.groupby("t")["variance"].mean()
    ax.plot(variance.index, variance, color=theme.MUTED, ls="--", lw=1)
    ax.set(yscale="log", xlabel="past position t'", title=title)
    theme.hold(ax, FLOOR / 1.5, variance.max())
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def token_legend(ax: Axes, stored: bool = False) -> None:
    """What is in the axes: networks, samples, marks at the floor, and ``stored`` points."""
    if stored:
        stored_label(ax)
    for text, style in SAMPLES.values():
        ax.plot([], [], color=theme.INK, ls=style, lw=1.2, label=text)
    ax.plot([], [], ls="none", marker="v", color=theme.INK, ms=6, label="at most 0.00001")
    ax.legend(loc="lower left", labelspacing=0.25, fontsize=7)

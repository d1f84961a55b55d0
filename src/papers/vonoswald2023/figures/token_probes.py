"""Past tokens in the residual stream of the last one: Figures 2A, 17 and 21."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from matplotlib.typing import ColorType
from pandas import DataFrame

from papers.vonoswald2023.figures.stored_points import STORED, STORED_MARK, stored_points
from reprise.plotting import theme
from reprise.plotting.numbers import number

STORED_FOR = "fig2a", "fig2a_partial"
FLOOR = 1e-5
"""Errors below stand here, as triangles: published ones are rounded to 0."""
SAMPLES = {"mse": ("sequences of the fit", "-"), "held_out": ("other sequences", ":")}
"""Column of the table -> the sequences that it is of, and its line."""
_FLOOR_MARK: dict[str, Any] = {"ls": "none", "marker": "v", "ms": 6}
_STORED_FLOOR: dict[str, Any] = _FLOOR_MARK | {"mfc": "none"}
_VARIANCE: dict[str, Any] = {"color": theme.MUTED, "ls": "--", "lw": 1}


def token_lines(ax: Axes, rows: DataFrame, color: ColorType, label: str = "") -> None:
    """Mean errors over t of one network, in the sample and (dotted) on other sequences."""
    for column, (_, style) in SAMPLES.items():
        error = rows.groupby("t")[column].mean()
        marks: dict[str, Any] = {"color": color, "ls": style, "marker": ".", "ms": 5}
        ax.plot(error.index, error.clip(FLOOR), **marks, label=label if style == "-" else None)
        low = error.index[error < FLOOR]
        ax.plot(low, [FLOOR] * len(low), color=color, **_FLOOR_MARK)


def token_points(ax: Axes, points: DataFrame, model: str, color: ColorType) -> None:
    """The authors' errors of the network ``model``."""
    own = points[points["figure"].isin(STORED_FOR) & (points["model"] == model)]
    known = own.assign(value=own["value"].astype(float))
    stored_points(ax, known[known["value"] >= FLOOR], "t", "value", color)
    low = known.loc[known["value"] < FLOOR, "t"]
    ax.plot(low, [FLOOR] * len(low), color=color, **_STORED_FLOOR)


def token_frame(ax: Axes, table: DataFrame, title: str) -> None:
    """Axes, title, and the variance, which is the error of knowing nothing."""
    variance = table.groupby("t")["variance"].mean()
    ax.plot(variance.index, variance, **_VARIANCE)
    ax.set(yscale="log", xlabel="past position t'", title=title)
    theme.hold(ax, FLOOR / 1.5, variance.max())
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))


def token_key(
    figure: Figure, stored: bool = False, others: Mapping[str, Any] | None = None
) -> None:
    """What lines and marks mean, with those of ``stored`` points; ``others`` are of one figure."""
    entries: dict[str, dict[str, Any]] = {
        text: {"color": theme.INK, "ls": style, "lw": 1.2} for text, style in SAMPLES.values()
    }
    entries["knowing nothing"] = _VARIANCE
    floor = f"at most {number(FLOOR)}"
    entries[floor] = {"color": theme.INK, **_FLOOR_MARK}
    if stored:
        entries[STORED] = STORED_MARK
        entries[f"{floor}, {STORED}"] = {"color": theme.REFERENCE, **_STORED_FLOOR}
    theme.key(figure, entries | dict(others or {}), columns=3)

"""What linear maps read from the layers of networks: Figures 4E, F, 6A, B, 11B, 12B, 24 and 25."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator
from pandas import DataFrame

from papers.vonoswald2023.figures.axes import SEEN, plain_ticks
from papers.vonoswald2023.figures.stored_points import STORED, STORED_MARK, stored_points
from reprise.plotting import theme

COLUMNS = {"in_sample": "sequences of the fit", "held_out": "other sequences"}
FROM = 5
"""First t of errors over those of the input, which before are large and differ little."""
OVER_INPUT = "error over that of the input"
CONTROL: dict[str, Any] = {"ls": ":", "lw": 1.2}


def by_layer(
    ax: Axes, table: DataFrame, probe: str, column: str = "in_sample", over_input: bool = False
) -> dict[str, Line2D]:
    """Errors against t, a line per layer, light at the input and dark at the end; name -> line.

    With ``over_input`` they are divided by the error of the map from the input.
    """
    rows = table[(table["probe"] == probe) & (table["t"] >= (FROM if over_input else 2))]
    ours = _errors(rows[rows["source"] == "ours"], column, over_input)
    stored = _errors(rows[rows["source"] == "authors"], column, over_input)
    lines: dict[str, Line2D] = {}
    layers = sorted(ours["layer"].unique())
    for layer, color in zip(layers, theme.ordered(len(layers)), strict=True):
        own = ours[ours["layer"] == layer]
        name = "input" if layer == 0 else f"layer {layer}"
        (lines[name],) = ax.plot(own["t"], own[column], color=color, lw=1.4)
        if column == "in_sample" and not (over_input and layer == 0):
            stored_points(ax, stored[stored["layer"] == layer], "t", column, color)
    ax.set(yscale="log", xlabel=SEEN, xlim=(rows["t"].min(), ours["t"].max()))
    ax.xaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10], integer=True))
    return lines


def _errors(rows: DataFrame, column: str, over_input: bool) -> DataFrame:
    """``layer``, ``t`` and ``column``: means over seeds."""
    found = rows.groupby(["layer", "t"], as_index=False)[column].mean()
    if over_input:
        known = found[found["layer"] == 0].set_index("t")[column]
        found[column] = found[column] / found["t"].map(known)
    return found


def target(table: DataFrame, stored: str = STORED) -> Figure:
    """Probes of the next observation by layer; ``stored`` names the authors' points."""
    return _both(table, "target", "probe of the next observation, error / 2", stored)


def preconditioned(table: DataFrame, stored: str = STORED) -> Figure:
    """Probes of the preconditioned input by layer, over that from the input."""
    return _both(table, "preconditioned", OVER_INPUT, stored)


def _both(table: DataFrame, probe: str, label: str, stored: str) -> Figure:
    """On the sequences of the fit, and on others; for the target, the control beside them."""
    figure, axes = theme.figure("wide", 3.6, ncols=2, sharey=True)
    control = table[(table["probe"] == "alone") & (table["t"] > 1)] if probe == "target" else None
    if (table["source"] == "ours").any():
        for ax, column in zip(axes, COLUMNS, strict=True):
            lines = by_layer(ax, table, probe, column, over_input=label == OVER_INPUT)
            if control is not None:
                ax.plot(control["t"], control[column], color=theme.THEORY, **CONTROL)
        theme.label_ends(axes[1], lines)
        plain_ticks(axes[0])
    for ax, title in zip(axes, COLUMNS.values(), strict=True):
        ax.set_title(title)
    axes[0].set_ylabel(label)
    entries = {stored: STORED_MARK} if (table["source"] == "authors").any() else {}
    if control is not None:
        entries["from the preconditioned input alone"] = {"color": theme.THEORY, **CONTROL}
    if entries:
        theme.key(figure, entries)
    return figure

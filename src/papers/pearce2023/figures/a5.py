"""A5: how large a modulus N neurons can add."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.output_errors import WRONG_FROM, error_points
from reprise.plotting import theme
from reprise.plotting.numbers import percent

COLORS = (*theme.CATEGORIES, theme.MEMORISED)
"""One per number of neurons, 3 to 11."""


def neurons_and_modulus(tables: Mapping[str, DataFrame]) -> Figure:
    """A5: error curves of one N for several M (top), largest errors against M (bottom)."""
    examples = list(tables["moduli_examples"].groupby("modulus"))
    figure, axes = theme.figure(
        "wide", 5.2, nrows=2, ncols=len(examples), squeeze=False, sharey="row", height_ratios=[1, 2]
    )
    for ax, (modulus, group) in zip(axes[0], examples, strict=True):
        error_points(ax, group)
        ax.set_title(
            f"M = {modulus}: {percent(group['right'].mean())} right", loc="center", fontsize=9
        )
        ax.set_xlabel("target")
    neurons = examples[0][1]["neurons"].iloc[0]
    axes[0, 0].set_ylabel(f"N = {neurons}:\noutput − target")
    grid = axes[1, 0].get_gridspec()
    for ax in axes[1]:
        ax.remove()
    _largest_errors(figure.add_subplot(grid[1, :]), tables["neurons_by_modulus"])
    return figure


def _largest_errors(ax: Axes, table: DataFrame) -> None:
    ax.set(xscale="log", yscale="log", xlabel="modulus M", ylabel="largest error (numbers)")
    ax.axhline(WRONG_FROM, color=theme.INK, lw=0.8, ls=":")
    lines = {}
    for position, (neurons, group) in enumerate(table.groupby("neurons")):
        odd = neurons % 2 == 1
        color = COLORS[position % len(COLORS)]
        style = "-" if odd else (0, (4, 2))
        (line,) = ax.plot(group["modulus"], group["max_error"], color=color, ls=style, lw=1.3)
        lines[f"N = {neurons}"] = line
        fails = group[group["max_error"] >= WRONG_FROM]
        if len(fails) and fails["modulus"].iloc[0] > group["modulus"].iloc[0]:
            largest = fails["modulus"].iloc[0] - 1
            ax.plot(largest, WRONG_FROM, "o", color=color, ms=5)
            theme.direct_label(ax, largest, WRONG_FROM, f"{largest}", color, dx=4, dy=-7)
    low, high = table["modulus"].min(), table["modulus"].max()
    ax.set_xlim(low, high)
    ticks = [tick for tick in (12, 20, 50, 100, 200, 500) if low <= tick <= high]
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    theme.label_ends(ax, lines)
    ax.annotate(
        "wrong above",
        (low, WRONG_FROM),
        xytext=(2, 3),
        textcoords="offset points",
        color=theme.INK,
        fontsize=8,
    )

"""F3: the weights of each neuron become a wave."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.main_network import (
    MATRICES,
    WEIGHT_LIMIT,
    count_neurons,
    largest_groups,
    stage_steps,
)
from reprise.plotting import theme


def neuron_waves(tables: Mapping[str, DataFrame]) -> Figure:
    """F3: one line per neuron, grouped by final frequency, at three stages; shades follow phase."""
    waves = tables["main_waves"]
    stages = {k: v for k, v in stage_steps(waves).items() if k in ("memorising", "turning", "end")}
    groups, left_out = largest_groups(waves)
    columns = [(matrix, stage) for matrix in MATRICES for stage in stages]
    figure, axes = theme.figure(
        "wide",
        1.2 + 0.95 * max(len(groups), 1),
        nrows=max(len(groups), 1),
        ncols=len(columns),
        sharex=True,
        sharey=True,
        squeeze=False,
    )
    for row, frequency in enumerate(groups):
        for column, (matrix, stage) in enumerate(columns):
            chosen = waves[
                (waves["matrix"] == matrix)
                & (waves["stage"] == stage)
                & (waves["frequency"] == frequency)
            ]
            _draw_lines(axes[row, column], chosen, smooth=stage == "end")
        neurons = count_neurons(waves.loc[waves["frequency"] == frequency, "neuron"].nunique())
        axes[row, 0].set_ylabel(f"frequency {frequency}\n{neurons}")
    for column, (matrix, stage) in enumerate(columns):
        title = f"{matrix}\n{stage}\nstep {theme.short_number(stages[stage])}"
        axes[0, column].set_title(title, fontsize=8.5)
        axes[-1, column].set(xlabel="number", xlim=(0, 66), xticks=[0, 33, 66])
    axes[0, 0].set_ylim(-WEIGHT_LIMIT, WEIGHT_LIMIT)
    _say_left_out(figure, left_out)
    return figure


def _draw_lines(ax: Axes, rows: DataFrame, *, smooth: bool) -> None:
    if not smooth:
        # One raster of few colours per panel: noise as paths would weigh megabytes.
        ax.set_rasterization_zorder(2.5)
    lines = [line for _, line in rows.groupby("position")]
    for line, color in zip(lines, theme.ordered(len(lines) + 2), strict=False):
        ax.plot(line["number"], line["weight"], color=color, lw=0.6, antialiased=smooth)
    ax.axhline(0, color=theme.MUTED, lw=0.4, zorder=1)


def _say_left_out(figure: Figure, left_out: int) -> None:
    if left_out:
        figure.supxlabel(f"{left_out} smaller groups are not drawn", fontsize=8, color=theme.MUTED)

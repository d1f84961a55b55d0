"""F3: the weights of each neuron become a wave."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.main_network import (
    WEIGHT_LIMIT,
    count_neurons,
    largest_groups,
    stage_steps,
)
from reprise.plotting import theme
from reprise.plotting.numbers import number

COLUMNS = (("W_input", "memorising"), ("W_input", "end"), ("W_output", "end"))
LAST_NUMBER = 22
"""A third of the numbers: of more, waves of a high frequency are solid ink."""


def neuron_waves(tables: Mapping[str, DataFrame]) -> Figure:
    """F3: one line per neuron, grouped by final frequency, early and at the end; shades: phase."""
    waves = tables["main_waves"]
    steps = stage_steps(waves)
    columns = [(matrix, stage) for matrix, stage in COLUMNS if stage in steps]
    groups, left_out = largest_groups(waves)
    figure, axes = theme.figure(
        "wide",
        1.2 + 1.05 * max(len(groups), 1),
        nrows=max(len(groups), 1),
        ncols=len(columns),
        sharex=True,
        squeeze=False,
        width_ratios=[1 if stage == "memorising" else 2 for _, stage in columns],
    )
    for row, frequency in enumerate(groups):
        for column, (matrix, stage) in enumerate(columns):
            chosen = waves[
                (waves["matrix"] == matrix)
                & (waves["stage"] == stage)
                & (waves["frequency"] == frequency)
                & (waves["number"] <= LAST_NUMBER)
            ]
            _draw_lines(axes[row, column], chosen)
        neurons = count_neurons(waves.loc[waves["frequency"] == frequency, "neuron"].nunique())
        axes[row, 0].set_ylabel(f"frequency {frequency}\n{neurons}\nweight")
    for column, (matrix, stage) in enumerate(columns):
        title = f"{matrix}\n{stage}\nstep {number(steps[stage])}"
        axes[0, column].set_title(title, fontsize=7.5)
        axes[-1, column].set(xlabel="number", xlim=(0, LAST_NUMBER), xticks=[0, 10, 20])
    for column, (_, stage) in enumerate(columns):
        _share_limits(axes[:, column], 0.0 if stage == "memorising" else WEIGHT_LIMIT)
    _say_left_out(figure, waves, groups, left_out)
    return figure


def _draw_lines(ax: Axes, rows: DataFrame) -> None:
    lines = [line for _, line in rows.groupby("position")]
    for line, color in zip(lines, theme.ordered(len(lines)), strict=True):
        ax.plot(line["number"], line["weight"], color=color, lw=0.8)
    ax.axhline(0, color=theme.MUTED, lw=0.4, zorder=1)


def _share_limits(axes: np.ndarray, least: float) -> None:
    """One y axis for a column, from -``least`` to ``least`` or as far as its lines reach."""
    largest = max(np.abs(ax.get_ylim()).max() for ax in axes)
    for ax in axes:
        ax.set_ylim(-max(least, largest), max(least, largest))


def _say_left_out(figure: Figure, waves: DataFrame, groups: list[int], left_out: int) -> None:
    every = waves["neuron"].nunique()
    drawn = waves.loc[waves["frequency"].isin(groups), "neuron"].nunique()
    if drawn < every:
        more = f" and those of {left_out} smaller groups" if left_out else ""
        theme.say(
            figure, f"{every - drawn} of {every} neurons are not drawn: those in no group{more}."
        )

"""Weights of the main network turning from noise to waves: F2, F3, F15 of Pearce et al. 2023."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from pandas import DataFrame

from papers.pearce2023.figures.main_curves import SPLITS
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
MATRICES = ("W_input", "W_output")
LIMIT = 5
"""The article's colour scale and y axis; larger weights saturate."""
MOST_GROUPS = 6
"""Groups drawn in a figure with one row or column per group, the largest first."""


def heatmaps(tables: Tables) -> Figure:
    """F2: both weight products at up to five stages, below accuracy and norm over the training."""
    waves, curves = tables["main_waves"], tables["main_curves"]
    stages = stage_steps(waves)
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 5.4))
    top, bottom = panels(figure, [1, 2.4])
    for ax, name in zip(top.subplots(1, 2), ("accuracy", "norm"), strict=True):
        _draw_course(ax, curves[curves["shown"]], name, list(stages.values()))
    axes = bottom.subplots(2, len(stages), squeeze=False)
    for row, matrix in enumerate(MATRICES):
        for column, (stage, step) in enumerate(stages.items()):
            ax = axes[row, column]
            chosen = waves[(waves["stage"] == stage) & (waves["matrix"] == matrix)]
            mesh = theme.weight_heatmap(ax, square(chosen, "neuron", "number", "weight"), LIMIT)
            if row == 0:
                ax.set_title(f"{stage}\nstep {theme.short_number(step)}", fontsize=8.5)
        axes[row, 0].set_ylabel(f"{matrix}\nneuron")
    for ax in axes[1]:
        ax.set_xticks([0.5, 30.5, 60.5], ["0", "30", "60"])
        ax.set_xlabel("number")
    theme.colorbar(mesh, list(axes.ravel()), "weight")
    return figure


def neuron_waves(tables: Tables) -> Figure:
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
        neurons = count(waves.loc[waves["frequency"] == frequency, "neuron"].nunique())
        axes[row, 0].set_ylabel(f"frequency {frequency}\n{neurons}")
    for column, (matrix, stage) in enumerate(columns):
        title = f"{matrix}\n{stage}\nstep {theme.short_number(stages[stage])}"
        axes[0, column].set_title(title, fontsize=8.5)
        axes[-1, column].set(xlabel="number", xlim=(0, 66), xticks=[0, 33, 66])
    axes[0, 0].set_ylim(-LIMIT, LIMIT)
    _say_left_out(figure, left_out)
    return figure


def sorted_waves(tables: Tables) -> Figure:
    """F15: the final waves of all neurons, sorted by frequency and phase, one row per neuron."""
    waves = tables["main_waves"]
    end = waves[waves["stage"] == list(stage_steps(waves))[-1]]
    groups = sorted(int(f) for f in end["frequency"].unique() if f > 0)
    figure, axes = theme.figure("column", 5.6, ncols=2, sharey=True)
    spacing = 2 * LIMIT
    for ax, matrix in zip(axes, MATRICES, strict=True):
        rows = end[end["matrix"] == matrix]
        for position, row in rows.groupby("position"):
            color = group_color(groups, int(row["frequency"].iloc[0]))
            base = -spacing * float(position)
            ax.axhline(base, color=theme.MUTED, lw=0.3)
            ax.plot(row["number"], base + row["weight"], color=color, lw=1.2)
        ax.set(title=matrix, xlabel="number", xlim=(0, 66), xticks=[0, 33, 66])
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        ax.set_ylim(-spacing * (rows["position"].max() + 0.8), 0.8 * spacing)
    by_position = end.drop_duplicates("position").sort_values("position")
    axes[0].set_yticks(
        -spacing * by_position["position"], [str(n) for n in by_position["neuron"]], fontsize=6.5
    )
    axes[0].set_ylabel("neuron")
    for frequency, rows in by_position.groupby("frequency"):
        label = f"frequency\n{frequency}" if frequency else "no group"
        axes[1].annotate(
            label,
            (1.02, -spacing * rows["position"].mean()),
            xycoords=("axes fraction", "data"),
            color=group_color(groups, int(frequency)),
            fontsize=8,
            va="center",
            annotation_clip=False,
        )
    return figure


def panels(figure: Figure, heights: list[float]) -> tuple[SubFigure, SubFigure]:
    """Two sub-figures, one above the other, each with a layout of its own."""
    both = figure.subfigures(2, 1, height_ratios=heights)
    assert isinstance(both, np.ndarray)
    return both[0], both[1]


def square(rows: DataFrame, index: str, columns: str, values: str) -> np.ndarray:
    """The long form ``rows`` as a matrix (index, columns)."""
    return rows.pivot_table(index=index, columns=columns, values=values).to_numpy()


def stage_steps(table: DataFrame) -> dict[str, int]:
    """Stage -> step, in the order of the steps."""
    rows = table.drop_duplicates("stage").sort_values("step")
    return dict(zip(rows["stage"], rows["step"], strict=True))


def count(neurons: int) -> str:
    """``1 neuron``, ``5 neurons``."""
    return f"{neurons} neuron" if neurons == 1 else f"{neurons} neurons"


def largest_groups(table: DataFrame) -> tuple[list[int], int]:
    """The ``MOST_GROUPS`` frequencies with most neurons, ascending, and how many are left out."""
    sizes = table[table["frequency"] > 0].groupby("frequency")["neuron"].nunique()
    ranked = sorted(sizes.index, key=lambda frequency: (-sizes[frequency], frequency))
    return sorted(int(f) for f in ranked[:MOST_GROUPS]), max(len(ranked) - MOST_GROUPS, 0)


def group_color(groups: list[int], frequency: int) -> str:
    """One colour per group, grey for neurons of none."""
    if frequency not in groups:
        return theme.MUTED
    return theme.CATEGORIES[groups.index(frequency) % len(theme.CATEGORIES)]


def _draw_course(ax: Axes, shown: DataFrame, name: str, steps: list[int]) -> None:
    if name == "accuracy":
        lines = {
            split: ax.plot(shown["step"], shown[f"{split}_accuracy"], color=color)[0]
            for split, color in SPLITS.items()
        }
        ax.set(ylabel="accuracy", ylim=(-0.02, 1.05))
    else:
        (line,) = ax.plot(shown["step"], shown["param_l2"], color=theme.THEORY)
        lines = {"L2 norm": line}
        ax.set(ylabel="norm of all\nparameters", ylim=(0, None))
    ax.set_xlim(0, shown["step"].max())
    for step in steps:
        ax.axvline(step, color=theme.MUTED, lw=0.8, ls=":", zorder=1)
    if name == "accuracy":
        theme.label_ends(ax, lines, gap=0.2)
    theme.step_axis(ax, ticks=5)


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

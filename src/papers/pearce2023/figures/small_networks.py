"""What figures of the small modular networks share: learning curves, marks, rows of heatmaps."""

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import QuadMesh
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.pearce2023.figures.training_curves import SPLITS
from reprise.plotting import theme
from reprise.plotting.numbers import number

LOSS = "cross-entropy / 67 (nats)"


def learning_curves(ax: Axes, curves: DataFrame, metric: str) -> dict[str, Line2D]:
    """Train and test ``metric`` of the shown seed bold, test of the other seeds thin and grey."""
    for _, group in curves[~curves["shown"]].groupby("member"):
        ax.plot(
            group["step"],
            group[f"test_{metric}"],
            color=theme.MUTED,
            lw=0.6,
            alpha=0.7,
            zorder=1,
            rasterized=True,
        )
    shown = curves[curves["shown"]]
    lines = {}
    for name, color in SPLITS.items():
        (lines[name],) = ax.plot(shown["step"], shown[f"{name}_{metric}"], color=color, lw=1.6)
    return lines


def say_seeds(ax: Axes, curves: DataFrame) -> None:
    """Say which seed is bold and what the thin lines are, above the axes."""
    seed = curves.loc[curves["shown"], "seed"].iloc[0]
    count = curves.loc[~curves["shown"], "seed"].nunique()
    thin = f"; thin: test of {count} other seed{'s' if count > 1 else ''}" if count else ""
    ax.set_title(f"seed {seed}{thin}", fontweight="normal", fontsize=8.5)


def mark_step(ax: Axes, step: float, text: str, height: float = 0.97) -> None:
    """A dotted vertical line at ``step`` with ``text`` beside it; nothing where the step is NaN."""
    if np.isnan(step):
        return
    ax.axvline(step, color=theme.MUTED, lw=0.8, ls=":", zorder=0)
    ax.annotate(
        text,
        (step, height),
        xycoords=("data", "axes fraction"),
        xytext=(3, 0),
        textcoords="offset points",
        color=theme.REFERENCE,
        fontsize=7.5,
        va="top",
    )


def heatmap_panels(table: DataFrame) -> Figure:
    """W_input (top) and W_output (bottom) by panel, colours rescaled to each panel's largest.

    Neurons in rows, sorted by final frequency and phase; numbers 0..M-1 in columns.
    """
    panels = table["panel"].nunique()
    figure, axes = theme.figure("wide", 3.6, nrows=2, ncols=panels, squeeze=False)
    for row, (view, part) in enumerate(table.groupby("view")):
        for (panel, group), ax in zip(part.groupby("panel"), axes[row], strict=True):
            title = theme.scale_text(_heatmap(ax, group))
            if row == 0:
                title = f"step {number(group['step'].iloc[0])}\n{title}"
            ax.set_title(title, fontweight="normal", fontsize=8, loc="center")
            if panel == 0:
                ax.set_ylabel(f"{view}\nneuron")
                _frequency_ticks(ax, group)
    for ax in axes[-1]:
        ax.set_xlabel("number")
    return figure


def _heatmap(ax: Axes, group: DataFrame) -> QuadMesh:
    """Draw one matrix; its largest weight is the end of the colours."""
    matrix = group.pivot(index="neuron", columns="number", values="weight").to_numpy()
    mesh = theme.weight_heatmap(ax, matrix)
    ticks = np.arange(0, matrix.shape[1], 20)
    ax.set_xticks(ticks + 0.5, [str(tick) for tick in ticks])
    return mesh


def _frequency_ticks(ax: Axes, group: DataFrame) -> None:
    """Write each frequency beside the middle of its neurons."""
    neurons = group.drop_duplicates("neuron").groupby("frequency")["neuron"]
    middles = neurons.mean() + 0.5
    ax.set_yticks(middles, [f"f = {frequency}" for frequency in middles.index])
    ax.tick_params(axis="y", length=0)


def loss_curves(ax: Axes, curves: DataFrame) -> dict[str, Line2D]:
    """``learning_curves`` of the loss on a logarithmic axis."""
    ax.set_yscale("log")
    lines = learning_curves(ax, curves, "loss")
    ax.set(xlim=(0, curves["step"].max()), ylabel=LOSS)
    theme.hold(ax, 1e-8, 0.3)
    theme.step_axis(ax)
    return lines

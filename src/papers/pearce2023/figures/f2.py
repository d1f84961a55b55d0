"""F2: the weights of the main network turn from noise into stripes."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.main_network import (
    MATRICES,
    WEIGHT_LIMIT,
    panels,
    square,
    stage_steps,
)
from papers.pearce2023.figures.training_curves import SPLITS
from reprise.plotting import theme
from reprise.plotting.numbers import number


def weight_heatmaps(tables: Mapping[str, DataFrame]) -> Figure:
    """F2: both weight products at up to five stages, below accuracy and norm over the training."""
    waves, curves = tables["main_waves"], tables["main_curves"]
    stages = stage_steps(waves)
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 5.4))
    top, bottom = panels(figure, [1, 2.4])
    for ax, name in zip(top.subplots(1, 2), ("accuracy", "norm"), strict=True):
        _draw_curves(ax, curves[curves["shown"]], name, list(stages.values()))
    axes = bottom.subplots(2, len(stages), squeeze=False)
    for row, matrix in enumerate(MATRICES):
        for column, (stage, step) in enumerate(stages.items()):
            ax = axes[row, column]
            chosen = waves[(waves["stage"] == stage) & (waves["matrix"] == matrix)]
            mesh = theme.weight_heatmap(
                ax, square(chosen, "neuron", "number", "weight"), WEIGHT_LIMIT
            )
            if row == 0:
                ax.set_title(f"{stage}\nstep {number(step)}", fontsize=8.5)
        axes[row, 0].set_ylabel(f"{matrix}\nneuron")
    for ax in axes[1]:
        ax.set_xticks([0.5, 30.5, 60.5], ["0", "30", "60"])
        ax.set_xlabel("number")
    theme.colorbar(mesh, list(axes.ravel()), "weight")
    return figure


def _draw_curves(ax: Axes, shown: DataFrame, name: str, steps: list[int]) -> None:
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
        theme.label_ends(ax, lines)
    theme.step_axis(ax, ticks=5)

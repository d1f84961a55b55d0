"""F16: the weights of the main network after a discrete Fourier transform."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.main_network import MATRICES, panels, square, stage_steps
from reprise.plotting import theme
from reprise.plotting.numbers import number

LIMIT = 20
"""The article's colour scale of DFT coefficients."""
MATRIX_COLORS = dict(zip(MATRICES, theme.CATEGORIES, strict=False))


def fourier_weights(tables: Mapping[str, DataFrame]) -> Figure:
    """F16: coefficients by frequency and sorted neuron at four stages; how sparse they become."""
    table, progress = tables["main_dft"], tables["main_progress"]
    stages = stage_steps(table)
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 5.6))
    top, bottom = panels(figure, [2.3, 1])
    axes = top.subplots(2, len(stages), squeeze=False)
    for row, matrix in enumerate(MATRICES):
        for column, (stage, step) in enumerate(stages.items()):
            ax = axes[row, column]
            chosen = table[(table["stage"] == stage) & (table["matrix"] == matrix)]
            values = square(chosen, "position", "coefficient", "value")
            mesh = theme.weight_heatmap(ax, values, LIMIT)
            # Coefficients 2k - 1 and 2k are the cosine and the sine of frequency k.
            ax.set_xticks([2 * k for k in (1, 10, 20, 30)], ["1", "10", "20", "30"])
            if row == 0:
                ax.set_title(f"{stage}\nstep {number(step)}", fontsize=8.5)
            else:
                ax.set_xlabel("frequency")
        axes[row, 0].set_ylabel(f"{matrix}\nneuron, sorted")
    theme.colorbar(mesh, list(axes.ravel()), "coefficient")
    measures = {
        "concentration": "share of power in the\n5 strongest frequencies",
        "large": "share of coefficients\nabove 1 in size",
    }
    for ax, (measure, text) in zip(bottom.subplots(1, 2), measures.items(), strict=True):
        _draw_progress(ax, progress, measure)
        ax.set_ylabel(text)
    return figure


def _draw_progress(ax: Axes, progress: DataFrame, measure: str) -> None:
    lines = {}
    for matrix, color in MATRIX_COLORS.items():
        rows = progress[progress["matrix"] == matrix]
        for _, seed in rows[~rows["shown"]].groupby("seed"):
            ax.plot(seed["step"], seed[measure], color=color, lw=0.6, alpha=0.35)
        chosen = rows[rows["shown"]]
        (lines[matrix],) = ax.plot(chosen["step"], chosen[measure], color=color)
    ax.set(xlim=(0, progress["step"].max()), ylim=(0, 1.03))
    theme.label_ends(ax, lines)
    theme.step_axis(ax, ticks=4)

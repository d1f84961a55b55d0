"""Least squares and softmax kernel regression over the size of states: Figures 5B and 20."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.vonoswald2023.figures.looks_few_shot import KERNEL, curve
from papers.vonoswald2023.figures.stored import stored, stored_label
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]

LOOKS = {
    "zero": ("zero predictor", theme.MUTED, {"ls": ":", "lw": 1.1}),
    "kernel": ("softmax kernel regression", KERNEL, {"marker": "o", "ms": 3.5}),
    "least_squares": ("least squares", theme.THEORY, {"ls": "--", "marker": "s", "ms": 3}),
}


def quiet(tables: Tables) -> Figure:
    """Figure 5B: at the noise that networks are trained with, beside the authors' numbers."""
    table, known = tables["size_losses"], tables["size_stored"]
    figure, ax = theme.figure("column", 3.4)
    lines = _lines(ax, table)
    for model in ("kernel", "least_squares"):
        own = known[known["model"] == model]
        stored(ax, own["n"].tolist(), own["loss"].tolist(), LOOKS[model][1])
    stored_label(ax)
    ax.set_ylim(0, None)
    ax.set_ylabel("loss / $n_s$")
    ax.legend(loc="center right", handles=[ax.lines[-1]])
    theme.label_ends(ax, lines)
    return figure


def noisy(tables: Tables) -> Figure:
    """Figure 20: at three noise levels, a panel each."""
    table = tables["noise_losses"]
    levels = sorted(table["noise"].unique())
    figure, axes = theme.figure("wide", 2.7, ncols=len(levels), squeeze=False, sharey=True)
    for ax, level in zip(axes[0], levels, strict=True):
        _lines(ax, table[table["noise"] == level])
        ax.set_title(rf"noise $\sigma$ = {level:g}")
        ax.set_yscale("log")
    axes[0, 0].set_ylabel("loss / $n_s$")
    axes[0, 0].legend(loc="upper left", handlelength=2.2, labelspacing=0.3)
    return figure


def _lines(ax: Axes, table: DataFrame) -> dict[str, Line2D]:
    found = {}
    for model, (text, color, style) in LOOKS.items():
        rows = table[table["model"] == model].sort_values("n")
        found[text] = curve(ax, rows, "n", color, label=text, **style)
    ax.set(xscale="log", xlabel="numbers of a state, $n_s$")
    sizes = sorted(table["n"].unique())
    ax.set_xticks(sizes, [f"{n:g}" for n in sizes])
    ax.minorticks_off()
    return found

"""Networks on plain tokens beside the control of Proposition 2: names, colours and curves."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.axes import LOSS, SEEN
from papers.vonoswald2023.figures.seeds import over_seeds
from papers.vonoswald2023.figures.stored_points import of_figure, stored_label, stored_points
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
Controls = Mapping[str, tuple[str, str, str]]
"""Model of a control -> its label, line style and colour."""

SOFTMAX, HYBRID, FEW_LAYERS, FULL_MESA, RELEASED_MESA = (
    theme.CATEGORIES[0],
    theme.CATEGORIES[1],
    theme.CATEGORIES[5],
    theme.CATEGORIES[2],
    theme.CATEGORIES[3],
)
NAMES = {
    "softmax7": ("7 softmax layers", SOFTMAX),
    "softmax3": ("3 softmax layers", FEW_LAYERS),
    "hybrid": ("softmax + mesa", HYBRID),
    "full_mesa": ("mesa + mesa", FULL_MESA),
    "released_mesa": ("linear + mesa", RELEASED_MESA),
    "partial_softmax": ("softmax layers", SOFTMAX),
    "partial_hybrid": ("softmax + mesa", HYBRID),
    "nonlinear_softmax": ("softmax layers", SOFTMAX),
    "nonlinear_hybrid": ("softmax + mesa", HYBRID),
}
"""Run -> what it is called in figures, and its colour."""


def curves_figure(
    tables: Tables, table: str, figure: str, models: list[str], controls: Controls
) -> Figure:
    """One panel of ``curves``, beside what the authors stored behind their ``figure``."""
    drawn, ax = theme.figure("column", 3.9)
    curves(ax, tables[table], of_figure(tables["plain_published"], figure), models, controls)
    ax.set_ylabel(LOSS)
    return drawn


def curves(
    ax: Axes, table: DataFrame, points: DataFrame, models: list[str], controls: Controls
) -> None:
    """Losses of networks and controls along sequences, with the authors' ``points``."""
    stored = points[points["quantity"] == "loss"]
    losses = table[table["quantity"] == "loss"]
    for model in models:
        name, color = NAMES[model]
        rows = losses[losses["model"] == model]
        if len(rows):
            theme.line_with_band(ax, over_seeds(rows, "t"), "t", "value", color, label=name)
        stored_points(ax, stored[stored["model"] == model], "t", "value", color)
    for model, (text, style, color) in controls.items():
        rows = losses[losses["model"] == model]
        if len(rows):
            ax.plot(rows["t"], rows["value"], color=color, ls=style, lw=1.1, zorder=3, label=text)
        stored_points(ax, stored[stored["model"] == model], "t", "value", color)
    if len(stored):
        stored_label(ax)
    ax.set(xlim=(0, table["t"].max() + 1), xlabel=SEEN, yscale="log")
    ax.legend(loc="best", handlelength=2.4, labelspacing=0.25, fontsize=7.5)

"""Learning curves of every network of a paper."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from reprise.plotting import theme

COLUMNS = 4


def learning_curve_figure(tables: Mapping[str, DataFrame]) -> Figure:
    """Test loss of the table ``losses`` against the step, a panel per run and a line per member."""
    table = tables["losses"]
    runs = list(table["run"].unique())
    rows = -(-len(runs) // COLUMNS)
    figure, axes = theme.figure("wide", 1.65 * rows, nrows=rows, ncols=COLUMNS, squeeze=False)
    for ax, run in zip(axes.flat, runs, strict=False):
        own = table[table["run"] == run]
        for place, (_, member) in enumerate(own.groupby("member")):
            color = theme.CATEGORIES[place % len(theme.CATEGORIES)]
            ax.plot(member["step"], member["test_loss"], color=color, lw=1.1)
        if (own["test_loss"] > 0).all():
            ax.set_yscale("log")
            ax.minorticks_off()
        ax.set_title(run, fontsize=8)
        theme.step_axis(ax, ticks=3, label="")
    for ax in list(axes.flat)[len(runs) :]:
        ax.set_axis_off()
    figure.supxlabel("training step", fontsize=9)
    figure.supylabel("test loss", fontsize=9)
    return figure

"""What linear maps read from the layers of softmax networks: Figures 6A, B, 24A, B and 25A, B."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.linear_probes import by_layer
from papers.vonoswald2023.figures.looks_plain import marks_label
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
COLUMNS = {"in_sample": "sequences of the fit", "held_out": "other sequences"}


def target(tables: Tables) -> Figure:
    """The next observation, by layer."""
    return _both(tables, "target", "probe of the next observation, error / 2")


def preconditioned(tables: Tables) -> Figure:
    """The preconditioned input, by layer."""
    return _both(tables, "preconditioned", "probe of the preconditioned input, error / 2")


def _both(tables: Tables, probe: str, label: str) -> Figure:
    (table,) = tables.values()
    figure, axes = theme.figure("wide", 3.6, ncols=2, sharey=True)
    trained = bool((table["source"] == "ours").any())
    for ax, (column, title) in zip(axes, COLUMNS.items(), strict=True):
        if trained:
            by_layer(ax, table, probe, column)
        ax.set_title(title)
    axes[0].set_ylabel(label)
    marks_label(axes[0], bool((table["source"] == "authors").any()))
    if trained:
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", fontsize=7)
    return figure

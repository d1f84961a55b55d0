"""What linear maps read from the layers of networks: Figures 4E, F, 6A, B, 11B, 12B, 24 and 25."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.stored_points import stored_label, stored_points
from reprise.plotting import theme

COLUMNS = {"in_sample": "sequences of the fit", "held_out": "other sequences"}


def by_layer(ax: Axes, table: DataFrame, probe: str, column: str = "in_sample") -> None:
    """Errors against t from 2 on, a line per layer, light at the input and dark at the end."""
    rows = table[(table["probe"] == probe) & (table["t"] > 1)]
    ours, stored = rows[rows["source"] == "ours"], rows[rows["source"] == "authors"]
    layers = sorted(ours["layer"].unique())
    for layer, color in zip(layers, theme.ordered(len(layers)), strict=True):
        own = ours[ours["layer"] == layer].groupby("t")[column].mean()
        name = "input" if layer == 0 else f"layer {layer}"
        ax.plot(own.index, own, color=color, lw=1.4, label=name)
        if column == "in_sample":
            at = stored[stored["layer"] == layer]
            stored_points(ax, at, "t", "in_sample", color)
    ax.set(yscale="log", xlabel="observations seen, t", xlim=(2, ours["t"].max()))


def target(table: DataFrame) -> Figure:
    """Probes of the next observation in networks on plain tokens, by layer."""
    return _plain(table, "target", "probe of the next observation, error / 2")


def preconditioned(table: DataFrame) -> Figure:
    """Probes of the preconditioned input in networks on plain tokens, by layer."""
    return _plain(table, "preconditioned", "probe of the preconditioned input, error / 2")


def _plain(table: DataFrame, probe: str, label: str) -> Figure:
    figure, axes = theme.figure("wide", 3.6, ncols=2, sharey=True)
    trained = bool((table["source"] == "ours").any())
    for ax, (column, title) in zip(axes, COLUMNS.items(), strict=True):
        if trained:
            by_layer(ax, table, probe, column)
        ax.set_title(title)
    axes[0].set_ylabel(label)
    if (table["source"] == "authors").any():
        stored_label(axes[0])
    if trained:
        handles, labels = axes[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right center", fontsize=7)
    return figure

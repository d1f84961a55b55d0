"""What linear maps read from the layers of deep linear networks: Figures 4E and F."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.looks_constructed import published
from papers.vonoswald2023.figures.stored import stored_label
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
COLUMNS = {"in_sample": "sequences of the fit", "held_out": "other sequences"}


def target(tables: Tables) -> Figure:
    """Figure 4E: the next observation."""
    return _both(tables["linear_probes"], "target", "probe of the next observation, error / 2")


def preconditioned(tables: Tables) -> Figure:
    """Figure 4F: the preconditioned input."""
    label = "probe of the preconditioned input, error / 2"
    return _both(tables["linear_probes"], "preconditioned", label)


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
            published(ax, at, to_hex(color), "t", "in_sample")
    ax.set(yscale="log", xlabel="observations seen, t", xlim=(2, ours["t"].max()))


def _both(table: DataFrame, probe: str, label: str) -> Figure:
    figure, axes = theme.figure("wide", 3.6, ncols=2, sharey=True)
    for ax, (column, title) in zip(axes, COLUMNS.items(), strict=True):
        by_layer(ax, table, probe, column)
        ax.set_title(title)
    axes[0].set_ylabel(label)
    stored_label(axes[1])
    axes[1].legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=7.5)
    return figure

"""Linear networks on another kind of system: Figures 11 and 12."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from pandas import DataFrame

from papers.vonoswald2023.figures.linear_networks import (
    ALGORITHMS,
    NAMES,
    beside_a_step,
    color_of,
    depths,
    plain_name,
)
from papers.vonoswald2023.figures.probes import by_layer
from papers.vonoswald2023.figures.stored_points import stored_points
from papers.vonoswald2023.figures.weight_products import ONE_LAYER, TITLES, product_panels
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
CONTROLS = ["pr2_lagged", "least_squares"]


def system_panels(tables: Tables, system: str) -> Figure:
    """Losses, probes, depths and weights of the networks on one kind of system."""
    figure, axes = theme.figure("wide", 7.4, nrows=3, ncols=2, height_ratios=[1, 1, 0.85])
    losses = tables[f"{system}_losses"]
    beside_a_step(axes[0, 0], losses, f"{system}_lsa1")
    axes[0, 0].legend(fontsize=7)
    axes[0, 0].set_title("A  one layer")
    by_layer(axes[0, 1], tables[f"{system}_probes"], "preconditioned")
    axes[0, 1].legend(fontsize=6.5, ncols=2, handlelength=1.4, labelspacing=0.2)
    axes[0, 1].set_title("B  probe of the preconditioned input")
    models = [f"{system}_{name}" for name in ("lsa1", "lsa2", "lsa4", "lsa6", "mesa")]
    depths(axes[1, 0], losses, models, CONTROLS)
    axes[1, 0].set_title("C  depth")
    _means(axes[1, 1], losses[losses["quantity"] == "mean_loss"], [*models, *CONTROLS])
    weights = tables[f"{system}_weights"]
    heads = sorted(weights["head"].unique())[:1]
    mesh = product_panels(axes[2:, :], weights, 1, heads, ONE_LAYER)
    for ax, matrix in zip(axes[2], TITLES, strict=True):
        ax.set_title(f"D  {TITLES[matrix]}, one layer, head 1", fontsize=8.5)
    theme.colorbar(mesh, list(axes[2]), "weight")
    return figure


def _means(ax: Axes, table: DataFrame, models: list[str]) -> None:
    """Mean losses over t, which also name the lines beside them; the authors' are open."""
    names = [
        NAMES[plain_name(m)][0] if plain_name(m) in NAMES else ALGORITHMS[m][0] for m in models
    ]
    for place, model in enumerate(models):
        own = table[table["model"] == model].assign(place=place)
        ours = own[own["source"] == "ours"]
        ax.plot(ours["value"], ours["place"], "o", ms=5, color=color_of(model))
        stored_points(ax, own[own["source"] == "authors"], "value", "place", color_of(model))
    ax.set_yticks(range(len(models)), names, fontsize=7.5)
    ax.set(xscale="log", xlabel="mean over t (open: authors)", ylim=(len(models) - 0.5, -0.5))
    ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
    ax.xaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    ax.xaxis.set_minor_formatter(NullFormatter())

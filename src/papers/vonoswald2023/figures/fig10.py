"""Figure 10: products of weights of softmax layers, by layer and head."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.seeds import first_seed
from papers.vonoswald2023.figures.weight_products import TITLES
from reprise.plotting import theme


def fig10(tables: Mapping[str, DataFrame]) -> Figure:
    """Products of weights by layer and head."""
    table, shares = tables["softmax_weights"], first_seed(tables["softmax_diagonals"])
    index = ["layer", "head", "product"]
    known = shares.set_index(index)["share"] if len(shares) else shares
    groups = dict(list(table.groupby(index)))
    layers = sorted(table["layer"].unique()) or [0]
    heads = max(table["head"].max(), 1) if len(table) else 1
    figure, axes = theme.figure(
        "wide", 0.3 + 0.95 * len(layers), nrows=len(layers), ncols=2 * heads, squeeze=False
    )
    for row, layer in zip(axes, layers, strict=True):
        places = [(product, head + 1) for product in TITLES for head in range(heads)]
        for ax, (product, head) in zip(row, places, strict=True):
            key = (layer, head, product)
            if key not in groups:
                ax.axis("off")
                continue
            columns = [name for name in groups[key] if name.startswith("in_")]
            mesh = theme.weight_heatmap(ax, groups[key][columns].to_numpy(float))
            ax.set_aspect("equal")
            below = f"{theme.scale_text(mesh)}, {known[key]:.2f}"
            ax.set_xlabel(below, fontsize=7, labelpad=1.5)
            if layer == layers[0]:
                ax.set_title(f"{TITLES[product]}\nhead {head}", fontsize=7)
        row[0].set_ylabel(f"layer {layer}")
    return figure

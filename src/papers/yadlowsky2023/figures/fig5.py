"""Figure 5: errors on combinations of a line and a sine, also by what is nearest to them."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.yadlowsky2023.figures.style import (
    NETWORK,
    curve,
    dashed,
    of_quantity,
    say_curve_gate,
    weight_axis,
)
from reprise.plotting import theme
from reprise.plotting.numbers import number

Tables = Mapping[str, DataFrame]
REFERENCES = {
    "nearest": ("nearest line or sine", "-"),
    "gp": ("Gaussian process", "-."),
    "composite": ("line + sine fitted", ":"),
}


def fig5(tables: Tables) -> Figure:
    """Error against the weight of the line, for every number of examples."""
    networks, known = (
        of_quantity(tables[name], "mse") for name in ("curve_networks", "curve_estimators")
    )
    own = networks[networks["model"] == "curves"]
    examples = sorted(own["n"].unique())
    figure, axes = theme.figure("wide", 3.0, ncols=len(examples), sharey=True)
    for ax, n in zip(axes, examples, strict=True):
        for model, (text, style) in REFERENCES.items():
            rows = known[known["model"] == model]
            rows = rows if model == "nearest" else rows[rows["n"] == n]
            ax.plot(rows["alpha"], rows["value"], color=theme.MUTED, ls=style, lw=1.2, label=text)
        at = own[own["n"] == n]
        curve(ax, at, "alpha", NETWORK, y="value", marker="o", ms=3, label="network")
        exact = dashed(
            ax, known[(known["model"] == "bayes") & (known["n"] == n)], "alpha", y="value"
        )
        exact.set_label("exact Bayes")
        weight_axis(ax)
        ax.set_title(f"after {n:g} examples")
    theme.hold(axes[0], 0, 0.4)
    axes[0].set_ylabel("squared error")
    axes[-1].legend(loc="upper right", fontsize=7, handlelength=1.8, labelspacing=0.25)
    say_curve_gate(figure, tables["curve_networks"])
    return figure


def nearest_class(tables: Tables) -> Figure:
    """Error against the distance to the nearest line or sine, a dot per weight of the line."""
    networks, known = (
        of_quantity(tables[name], "mse") for name in ("curve_networks", "curve_estimators")
    )
    own = networks[networks["model"] == "curves"]
    n = own["n"].max()
    means = own[own["n"] == n].groupby("alpha")["value"].mean()
    distances = known[known["model"] == "nearest"].set_index("alpha")["value"].loc[means.index]
    figure, ax = theme.figure("column", 3.6)
    most = 1.08 * max(distances.max(), means.max())
    ax.plot([0, most], [0, most], color=theme.MUTED, lw=1)
    theme.direct_label(ax, most, most, "as far as the\nnearest class", theme.REFERENCE)
    ax.plot(distances, means, "o", color=NETWORK, ms=4.5)
    for alpha, (dx, dy, side) in {0.1: (0, 9, "center"), 0.5: (-6, 5, "right")}.items():
        if alpha in means.index:
            at = distances[alpha], means[alpha]
            theme.direct_label(ax, *at, f"weight {alpha:g}", NETWORK, dx=dx, dy=dy, ha=side)
    ax.set(xlim=(0, most), ylim=(0, most))
    ax.set(xlabel="squared distance to the nearest line or sine", ylabel="squared error")
    ranks = tables["curve_networks"]
    ranks = ranks[(ranks["model"] == "curves") & (ranks["quantity"] == "rank_correlation")]
    told = f"After {n:g} examples, mean over {own['seed'].nunique()} networks."
    if len(ranks):
        told += f" Rank correlation of error and distance: {number(ranks['value'].mean(), 2)}."
    theme.say(figure, told)
    say_curve_gate(figure, tables["curve_networks"])
    return figure

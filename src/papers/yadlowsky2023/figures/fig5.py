"""Figure 5: errors on combinations of a line and a sine."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.yadlowsky2023.figures.style import NETWORK, curve, dashed, fixed_weights, weight_axis
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
REFERENCES = {
    "nearest": ("nearest line or sine", "-"),
    "gp": ("Gaussian process", "-."),
    "composite": ("line + sine fitted", ":"),
}


def fig5(tables: Tables) -> Figure:
    """Error against the weight of the line, for every number of examples."""
    networks, estimators = tables["curve_networks"], tables["curve_estimators"]
    own = fixed_weights(networks[networks["model"] == "curves"])
    examples = sorted(own["n"].unique())
    figure, axes = theme.figure("wide", 3.0, ncols=len(examples), sharey=True)
    known = fixed_weights(estimators)
    for ax, n in zip(axes, examples, strict=True):
        for model, (text, style) in REFERENCES.items():
            rows = known[known["model"] == model]
            rows = rows if model == "nearest" else rows[rows["n"] == n]
            ax.plot(rows["alpha"], rows["mse"], color=theme.MUTED, ls=style, lw=1.2, label=text)
        curve(ax, own[own["n"] == n], "alpha", NETWORK, marker="o", ms=3, label="network")
        exact = dashed(ax, known[(known["model"] == "bayes") & (known["n"] == n)], "alpha")
        exact.set_label("exact Bayes")
        weight_axis(ax)
        ax.set_title(f"after {n:g} examples")
        ax.set_ylim(0, 0.6)
    axes[0].set_ylabel("squared error")
    axes[0].legend(loc="upper right", fontsize=7, handlelength=1.8, labelspacing=0.25)
    return figure

"""Figure 5: errors on combinations of a line and a sine."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.yadlowsky2023.figures.style import NETWORK, curve, dashed, of_quantity, weight_axis
from reprise.plotting import theme

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
        ax.set_ylim(0, 0.6)
    axes[0].set_ylabel("squared error")
    axes[0].legend(loc="upper right", fontsize=7, handlelength=1.8, labelspacing=0.25)
    return figure

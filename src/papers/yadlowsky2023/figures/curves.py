"""Errors on combinations of a line and a sine: Figure 5 and the positive control."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.yadlowsky2023.figures.common import MIXTURE, NETWORK, curve, dashed, note
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
REFERENCES = {
    "nearest": ("nearest line or sine", "-"),
    "gp": ("Gaussian process", "-."),
    "composite": ("line + sine fitted", ":"),
}


def combinations(tables: Tables) -> Figure:
    """Figure 5: error against the weight of the line, for every number of examples."""
    networks, estimators = tables["curve_networks"], tables["curve_estimators"]
    own = _fixed(networks[networks["model"] == "curves"])
    examples = sorted(own["n"].unique())
    figure, axes = theme.figure("wide", 3.0, ncols=len(examples), sharey=True)
    known = _fixed(estimators)
    for ax, n in zip(axes, examples, strict=True):
        for model, (text, style) in REFERENCES.items():
            rows = known[known["model"] == model]
            rows = rows if model == "nearest" else rows[rows["n"] == n]
            ax.plot(rows["alpha"], rows["mse"], color=theme.MUTED, ls=style, lw=1.2, label=text)
        curve(ax, own[own["n"] == n], "alpha", NETWORK, marker="o", ms=3, label="network")
        exact = dashed(ax, known[(known["model"] == "bayes") & (known["n"] == n)], "alpha")
        exact.set_label("exact Bayes")
        _axis(ax)
        ax.set_title(f"after {n:g} examples")
        ax.set_ylim(0, 0.6)
    axes[0].set_ylabel("squared error")
    axes[0].legend(loc="upper right", fontsize=7, handlelength=1.8, labelspacing=0.25)
    return figure


def control(tables: Tables) -> Figure:
    """Error relative to the variance, with and without combinations in training."""
    table = tables["curve_networks"]
    n = table.loc[table["model"] == "curves", "n"].max()
    at = _fixed(table[table["n"] == n])
    figure, ax = theme.figure("column", 3.3)
    names = {
        "curves": ("lines and sines", NETWORK),
        "curves_control": ("and combinations", MIXTURE),
    }
    lines = {}
    for model, (text, color) in names.items():
        rows = at[at["model"] == model].copy()
        scale = rows["nmse"] / rows["mse"]
        rows[["low", "high"]] = rows[["low", "high"]].mul(scale, axis=0)
        rows["mse"] = rows["nmse"]
        lines[text] = curve(ax, rows, "alpha", color, marker="o", ms=3.5)
    _axis(ax)
    ax.set(ylabel="squared error / variance of f", ylim=(0, None))
    theme.label_ends(ax, lines)
    note(ax, f"after {n:g} examples")
    return figure


def _axis(ax: Axes) -> None:
    ax.set(xlim=(-0.03, 1.03), xlabel="weight of the line")


def _fixed(table: DataFrame) -> DataFrame:
    return table[table["alpha"].notna()].sort_values("alpha")

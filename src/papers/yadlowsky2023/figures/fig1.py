"""Figure 1: mixtures of dense and sparse linear functions, by the share of dense ones."""

from collections.abc import Mapping
from typing import Any

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.yadlowsky2023.figures.style import dashed, say_linear_gate
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
TOP = 1.6
"""Upper end of the error axes: 1 is predicting zero, the sparse-only network can be worse."""
ESTIMATORS: dict[str, dict[str, Any]] = {
    "least_squares": {"ls": ":", "on": ("dense", "sparse")},
    "lasso": {"ls": "-.", "on": ("sparse",)},
}
"""Estimators that know nothing of the mixture: line style, and the classes they are drawn on."""


def fig1(tables: Tables) -> Figure:
    """Error at two numbers of examples against the share of dense functions."""
    table = tables["linear_errors"]
    dims = int((table["n"].max()) // 2)
    examples = (dims // 2 + (1 if dims < 20 else 0), dims)
    figure, axes = theme.figure("wide", 3.1, ncols=2)
    for ax, label in zip(axes, ("dense", "sparse"), strict=True):
        own, lines = table[table["class"] == label], {}
        for n, color in zip(examples, theme.CATEGORIES[:2], strict=True):
            at = own[own["n"] == n].sort_values("weight")
            network = at[at["model"] == "network"]
            mean = network.groupby("weight", as_index=False)["mse"].mean()
            (lines[f"n = {n}"],) = ax.plot(mean["weight"], mean["mse"], color=color, lw=0.8)
            ax.plot(network["weight"], network["mse"], "o", ms=3.5, color=color, zorder=3)
            exact = dashed(ax, at[at["model"] == "bayes"], "weight")
            exact.set_color(color)
            for model, style in ESTIMATORS.items():
                level = own[(own["model"] == model) & (own["n"] == n)]["mse"]
                if label in style["on"] and len(level):
                    ax.axhline(level.iloc[0], color=color, ls=style["ls"], lw=0.8, alpha=0.8)
        ax.set(xlim=(-0.03, 1.03), xlabel="share of dense functions in training")
        ax.set_ylim(-0.03, min(TOP, 1.1 * ax.get_ylim()[1]))
        ax.set_title(f"on {label} functions")
        theme.label_ends(ax, lines)
    axes[0].set_ylabel("squared error")
    theme.key(
        figure,
        {
            "a dot per network": {"marker": "o", "ms": 3.5, "lw": 0.8},
            "exact Bayes": {"ls": "--", "lw": 1.1},
            "least squares": {"ls": ":", "lw": 0.8},
            "lasso": {"ls": "-.", "lw": 0.8},
        },
    )
    say_linear_gate(figure, tables["linear_summary"])
    return figure

"""Figure 1: mixtures of dense and sparse linear functions, by the share of dense ones."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.typing import ColorType
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
BAYES_AT_ENDS: dict[str, Any] = {"marker": "D", "ls": "", "ms": 4, "mfc": "white", "zorder": 2.5}


def fig1(tables: Tables) -> Figure:
    """Error at two numbers of examples against the share of dense functions."""
    table = tables["linear_errors"]
    dims = int((table["n"].max()) // 2)
    examples = (dims // 2 + (1 if dims < 20 else 0), dims)
    figure, axes = theme.figure("wide", 3.1, ncols=2)
    for ax, label in zip(axes, ("dense", "sparse"), strict=True):
        own, lines = table[table["class"] == label], {}
        for n, color in zip(examples, theme.ordered(2), strict=True):
            at = own[own["n"] == n].sort_values("weight")
            network = at[at["model"] == "network"]
            mean = network.groupby("weight", as_index=False)["mse"].mean()
            (lines[f"n = {n}"],) = ax.plot(mean["weight"], mean["mse"], color=color, lw=0.8)
            ax.plot(network["weight"], network["mse"], "o", ms=3.5, color=color, zorder=3)
            _draw_bayes(ax, at[at["model"] == "bayes"], color)
            for model, style in ESTIMATORS.items():
                level = own[(own["model"] == model) & (own["n"] == n)]["mse"]
                if label in style["on"] and len(level):
                    ax.axhline(level.iloc[0], color=color, ls=style["ls"], lw=0.8, alpha=0.8)
        ax.set(xlim=(-0.03, 1.03), xlabel="share of dense functions in training")
        top = 1.1 * ax.get_ylim()[1]
        ax.set_ylim(-0.03, top)
        if top > TOP:
            theme.cut(ax, -0.03, TOP, f"Errors above {TOP:g} leave the axes.")
        ax.set_title(f"on {label} functions")
        theme.label_ends(ax, lines)
    axes[0].set_ylabel("squared error")
    theme.key(
        figure,
        {
            "a dot per network": {"marker": "o", "ms": 3.5, "lw": 0.8},
            "exact Bayes": {"ls": "--", "lw": 1.1},
            "exact Bayes for one class": BAYES_AT_ENDS,
            "least squares": {"ls": ":", "lw": 0.8},
            "lasso": {"ls": "-.", "lw": 0.8},
        },
        columns=3,
    )
    say_linear_gate(figure, tables["linear_summary"])
    return figure


def _draw_bayes(ax: Axes, rows: DataFrame, color: ColorType) -> None:
    """Exact Bayes against the share; it jumps at 0 and 1, where one class is ruled out."""
    between = rows["weight"].between(0, 1, inclusive="neither")
    dashed(ax, rows[between], "weight").set_color(color)
    ax.plot(rows["weight"][~between], rows["mse"][~between], **BAYES_AT_ENDS | {"color": color})

"""Appendix A: linear functions mixed with ReLU networks."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.yadlowsky2023.figures.style import (
    DENSE_ONLY,
    MIXTURE,
    SPARSE_ONLY,
    curve,
    dashed,
    say_gate,
)
from reprise.plotting import theme
from reprise.plotting.numbers import number

Tables = Mapping[str, DataFrame]
RELU_ONLY = theme.CATEGORIES[3]
MODELS = {
    "dense": ("dense only", DENSE_ONLY),
    "sparse": ("sparse only", SPARSE_ONLY),
    "relu": ("ReLU only", RELU_ONLY),
    "dense+relu": ("dense + ReLU", MIXTURE),
    "sparse+relu": ("sparse + ReLU", theme.CATEGORIES[4]),
}
EXACT = {"dense": "least_squares", "sparse": "sparse_bayes", "relu": "gp"}
SHOWN = {
    "dense": ("dense", "dense+relu", "relu"),
    "sparse": ("sparse", "sparse+relu", "relu"),
    "relu": ("relu", "dense+relu", "sparse+relu"),
}
NAMES = {"least_squares": "least squares", "sparse_bayes": "exact Bayes", "gp": "GP (arc-cosine)"}


def appendix_a(tables: Tables) -> Figure:
    """Learning curves on each class, with its best predictor."""
    table = tables["relu_errors"]
    figure, axes = theme.figure("wide", 3.2, ncols=3, sharey=True)
    for ax, (label, models) in zip(axes, SHOWN.items(), strict=True):
        own = table[table["class"] == label]
        for model in models:
            text, color = MODELS[model]
            curve(ax, own[own["model"] == model], "n", color, label=text)
        exact = dashed(ax, own[own["model"] == EXACT[label]], "n")
        exact.set_label(NAMES[EXACT[label]])
        ax.set(xlim=(0, own["n"].max()), xlabel="examples, n")
        ax.set_title(f"on {'ReLU networks' if label == 'relu' else label + ' functions'}")
        ax.legend(loc="upper right", fontsize=7, handlelength=1.6, labelspacing=0.25)
    axes[0].set_ylabel("squared error")
    theme.hold(axes[0], -0.03, 1.6)
    _say_plateau(figure, table)
    summary = tables["relu_summary"]
    gate = summary[
        (summary["source"] == "network") & (summary["quantity"] == "gate_dense_tolerances")
    ]
    say_gate(figure, gate["value"], "the error over least squares, in tolerances,")
    return figure


def _say_plateau(figure: Figure, table: DataFrame) -> None:
    """What is left at the longest context on ReLU networks."""
    last = table[(table["class"] == "relu") & (table["n"] == table["n"].max())]
    left = last.groupby("model")["mse"].mean()
    theme.say(
        figure,
        f"On ReLU networks after {table['n'].max()} examples: networks trained on them alone "
        f"{number(left['relu'], 2)}, the Gaussian process {number(left['gp'], 2)}.",
    )

"""Language models and exact predictors: names, colours and curves of Figures 26 and 27."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from pandas import DataFrame

from reprise.plotting import theme

COLORS = {
    (1, "softmax"): theme.CATEGORIES[0],
    (1, "linear"): theme.CATEGORIES[2],
    (1, "mesa"): theme.CATEGORIES[4],
    (2, "softmax"): theme.CATEGORIES[0],
    (2, "linear"): theme.CATEGORIES[2],
    (2, "mesa"): theme.CATEGORIES[1],
}
"""Layers and attention of the last one -> colour, that of the paper's other figures."""

EXACT = {
    "base_only": ("without context", ":"),
    "bayes": ("exact Bayes", "--"),
    "table_known": ("table known", "-."),
}
"""Exact predictor -> what it is called in figures, and its dashes."""


QUANTITIES = {"perplexity": "perplexity", "icl_score": "loss, late minus early [nats]"}
TITLES = {"perplexity": "Perplexity", "icl_score": "Score (lower is better)"}


def color_of(layers: int, attention: str) -> str:
    """Colour of a network."""
    return COLORS[min(int(layers), 2), attention]


def exact_curves(ax: Axes, rows: DataFrame, names: tuple[str, ...]) -> dict[str, Line2D]:
    """Curves of exact predictors over ``t``; what they are called -> line."""
    drawn = {}
    for predictor in names:
        own = rows[rows["attention"] == predictor]
        label, dashes = EXACT[predictor]
        (drawn[label],) = ax.plot(own["t"], own["value"], color=theme.THEORY, ls=dashes, lw=1.1)
    return drawn


def exact_level(ax: Axes, rows: DataFrame, predictor: str, quantity: str) -> None:
    """A horizontal line at an exact predictor's value."""
    chosen = rows[(rows["attention"] == predictor) & (rows["quantity"] == quantity)]
    label, dashes = EXACT[predictor]
    for value in chosen["value"]:
        ax.axhline(value, color=theme.THEORY, ls=dashes, lw=1.1, label=label, zorder=1)


def exact_label(ax: Axes, losses: DataFrame, x: float, **place: Any) -> None:
    """The name of the line at the perplexity of exact Bayes, above it."""
    chosen = losses[(losses["attention"] == "bayes") & (losses["quantity"] == "perplexity")]
    for value in chosen["value"]:
        theme.direct_label(ax, x, value, EXACT["bayes"][0], theme.THEORY, dy=6, **place)


def points_with_bars(ax: Axes, x: Any, rows: DataFrame, shade: str, **style: Any) -> None:
    """Values with their bands as error bars."""
    value = rows["value"].to_numpy()
    ends = [value - rows["low"].to_numpy(), rows["high"].to_numpy() - value]
    ax.errorbar(x, value, yerr=ends, color=shade, marker="o", ms=4.5, capsize=2, **style)

"""Train and test curves, the shown seed bold and the others thin."""

from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from pandas import DataFrame

from reprise.plotting import theme

SPLITS = {"train": theme.TRAIN, "test": theme.TEST}


def draw_splits(
    ax: Axes, curves: DataFrame, metric: str, *, thin: float = 0.6, zorder: float = 2
) -> dict[str, Line2D]:
    """Train and test ``metric`` of the shown seed, the others thin; returns the shown lines."""
    shown, others = curves[curves["shown"]], curves[~curves["shown"]]
    lines = {}
    for split, color in SPLITS.items():
        column = f"{split}_{metric}"
        for _, seed in others.groupby("seed"):
            ax.plot(seed["step"], seed[column], color=color, lw=thin, alpha=0.3)
        (lines[split],) = ax.plot(shown["step"], shown[column], color=color, lw=1.8, zorder=zorder)
    return lines


def draw_metric(ax: Axes, curves: DataFrame, metric: str) -> dict[str, Line2D]:
    """``draw_splits`` of the main network, with the axes' limits and name."""
    lines = draw_splits(ax, curves, metric, thin=0.7, zorder=3)
    ax.set(xlim=(0, curves["step"].max()), ylabel=metric)
    if metric == "accuracy":
        ax.set_ylim(-0.02, 1.03)
    return lines


def draw_published(ax: Axes, published: DataFrame, last: float) -> None:
    """The article's test accuracy up to step ``last``, read off its picture."""
    article = published[(published["source"] == "article") & (published["step"] <= last)]
    if len(article) < 3:
        return
    steps, values = article["step"], article["test_accuracy"]
    ax.plot(steps, values, "o:", color=theme.REFERENCE, ms=2.5, lw=1, zorder=2)
    label = article.loc[(values - 0.6).abs().idxmin()]
    theme.direct_label(
        ax, label["step"], label["test_accuracy"], "article", theme.REFERENCE, dx=-8, ha="right"
    )


def shown_value(summary: DataFrame, quantity: str) -> float:
    """``quantity`` of the shown network."""
    return float(summary.loc[summary["shown"] & (summary["quantity"] == quantity), "value"].iloc[0])

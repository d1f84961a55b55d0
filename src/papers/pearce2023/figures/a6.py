"""A6: with a square activation the construction is exact."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from reprise.plotting import theme
from reprise.plotting.numbers import number, percent


def square_activation(tables: Mapping[str, DataFrame]) -> Figure:
    """A6: logits with a square activation and the closed formula, one panel per N."""
    checks = tables["square_checks"].set_index("neurons")
    groups = list(tables["square_logits"].groupby("neurons"))
    figure, axes = theme.figure(
        "wide", 2.6, ncols=len(groups), squeeze=False, sharex=True, sharey=True
    )
    for ax, (neurons, group) in zip(axes[0], groups, strict=True):
        ax.plot(group["c"], group["formula"], color=theme.THEORY, lw=1, ls="--", zorder=4)
        ax.plot(group["c"], group["logit"], color=theme.CATEGORIES[0], lw=3, alpha=0.6)
        ax.set_title(f"N = {neurons}", loc="center")
        ax.set_xlabel("candidate c")
    axes[0, 0].set_ylabel("logit / (N / 4)")
    axes[0, 0].margins(y=0.2)
    worst = checks.loc[[neurons for neurons, _ in groups], "formula_error"].to_numpy().argmax()
    ax, group = axes[0, worst], groups[worst][1]
    for column, color, side in (
        ("formula", theme.THEORY, "left"),
        ("logit", theme.CATEGORIES[0], "right"),
    ):
        low = group.loc[group[column].idxmin()]
        theme.direct_label(ax, low["c"], low[column], column, color, dx=0, dy=-9, ha=side)
    exact = checks[checks["accuracy"] == 1]
    theme.say(
        figure,
        f"Right for every pair: N = {', '.join(map(str, exact.index))}; there logit and formula "
        f"differ by at most {number(exact['formula_error'].max(), 2)}.",
    )
    for neurons, check in checks[checks["accuracy"] < 1].iterrows():
        theme.say(figure, f"N = {neurons}: {percent(check['accuracy'])} of the pairs are right.")
    return figure

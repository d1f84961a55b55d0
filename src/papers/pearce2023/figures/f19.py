"""F19: logits that each frequency group contributes."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.main_network import MOST_GROUPS, count_neurons, group_color
from reprise.plotting import theme

WHOLE = 0
NEAR = 10
"""Outputs drawn on either side of the answer; over all of them, high frequencies are moiré."""


def group_logits(tables: Mapping[str, DataFrame]) -> Figure:
    """F19: logits of example inputs from each group and in total; the cosine of theory as dots."""
    table, fits = tables["main_logits"], tables["main_fits"]
    pairs = list(table[["a", "b", "answer"]].drop_duplicates().itertuples(index=False))
    ranked = fits[fits["frequency"] != WHOLE].sort_values(
        ["neurons", "frequency"], ascending=[False, True]
    )
    groups = sorted(int(f) for f in ranked["frequency"][:MOST_GROUPS])
    rows, modulus = [*groups, WHOLE], int(table["output"].max()) + 1
    figure, axes = theme.figure(
        "wide",
        0.9 + 1.25 * len(rows),
        nrows=len(rows),
        ncols=len(pairs),
        sharex=True,
        sharey="row",
        squeeze=False,
    )
    for row, frequency in enumerate(rows):
        color = theme.CATEGORIES[6] if frequency == WHOLE else group_color(groups, frequency)
        for column, (a, b, answer) in enumerate(pairs):
            ax = axes[row, column]
            chosen = (table["a"] == a) & (table["b"] == b) & (table["frequency"] == frequency)
            _draw_logits(ax, table[chosen], int(answer), color, modulus)
        axes[row, 0].set_ylabel(_describe(fits[fits["frequency"] == frequency].iloc[0]))
    for column, (a, b, answer) in enumerate(pairs):
        axes[0, column].set_title(f"{a} + {b} = {answer} (mod {modulus})")
        axes[-1, column].set_xlabel("output c, from the answer")
    theme.key(
        figure,
        {
            "network": {"color": theme.MUTED, "lw": 5},
            "theory: a cosine, or their sum": {"marker": "o", "ms": 2.5, "ls": ""},
            "answer": {"color": theme.HIGHLIGHT, "lw": 1},
        },
    )
    return figure


def _draw_logits(ax: Axes, rows: DataFrame, answer: int, color: str, modulus: int) -> None:
    away = (rows["output"] - answer + modulus // 2) % modulus - modulus // 2
    near = rows.assign(away=away)[away.abs() <= NEAR].sort_values("away")
    ax.axvline(0, color=theme.HIGHLIGHT, lw=1, zorder=0.5)
    ax.bar(near["away"], near["logit"], 0.9, color=color, alpha=0.55, lw=0)
    ax.plot(near["away"], near["theory"], "o", color=theme.THEORY, ms=2.5)
    ax.axhline(0, color=theme.MUTED, lw=0.4)
    ax.set_xlim(-NEAR - 0.6, NEAR + 0.6)


def _describe(fit: DataFrame) -> str:
    neurons = count_neurons(int(fit["neurons"]))
    if fit["frequency"] == WHOLE:
        return f"all {neurons}\naccuracy {fit['accuracy']:.3f}\nlogit"
    return f"frequency {int(fit['frequency'])}\n{neurons}\n$R^2$ = {fit['r2']:.3f}"

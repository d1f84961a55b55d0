"""F19: logits that each frequency group contributes."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.main_network import MOST_GROUPS, count_neurons, group_color
from reprise.plotting import theme

WHOLE = 0


def group_logits(tables: Mapping[str, DataFrame]) -> Figure:
    """F19: logits of example inputs from each group and in total; the cosine of theory dashed."""
    table, fits = tables["main_logits"], tables["main_fits"]
    pairs = list(table[["a", "b", "answer"]].drop_duplicates().itertuples(index=False))
    ranked = fits[fits["frequency"] != WHOLE].sort_values(
        ["neurons", "frequency"], ascending=[False, True]
    )
    groups = sorted(int(f) for f in ranked["frequency"][:MOST_GROUPS])
    rows = [*groups, WHOLE]
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
            _draw_logits(ax, table[chosen], int(answer), color)
        axes[row, 0].set_ylabel(_describe(fits[fits["frequency"] == frequency].iloc[0]))
    for column, (a, b, answer) in enumerate(pairs):
        axes[0, column].set_title(f"{a} + {b} = {answer} (mod {int(table['output'].max()) + 1})")
        axes[-1, column].set(xlabel="output c", xticks=[0, 20, 40, 60])
    axes[0, 0].annotate(
        "answer",
        (pairs[0].answer, 0),
        xycoords=("data", "axes fraction"),
        xytext=(3, 2),
        textcoords="offset points",
        color=theme.HIGHLIGHT,
        fontsize=8,
        bbox={"fc": "white", "ec": "none", "pad": 0.5},
    )
    return figure


def _draw_logits(ax: Axes, rows: DataFrame, answer: int, color: str) -> None:
    outputs, logits = rows["output"], rows["logit"]
    ax.fill_between(outputs, 0, logits, step="mid", color=color, alpha=0.55, lw=0)
    ax.plot(rows["output"], rows["theory"], color=theme.THEORY, lw=0.8, ls="--")
    ax.axvline(answer, color=theme.HIGHLIGHT, lw=1, zorder=0.5)
    ax.axhline(0, color=theme.MUTED, lw=0.4)
    ax.set_xlim(-1, rows["output"].max() + 1)


def _describe(fit: DataFrame) -> str:
    neurons = count_neurons(int(fit["neurons"]))
    if fit["frequency"] == WHOLE:
        return f"all {neurons}\naccuracy {fit['accuracy']:.3f}\nlogit"
    return f"frequency {int(fit['frequency'])}\n{neurons}\n$R^2$ = {fit['r2']:.3f}"

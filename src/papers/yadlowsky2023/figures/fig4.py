"""Figure 4: prompts of a line (a), a sine (b) and their combination (c)."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.yadlowsky2023.figures.style import NETWORK, of_quantity, say_curve_gate
from reprise.plotting import theme
from reprise.plotting.numbers import number

Tables = Mapping[str, DataFrame]
PANELS = {1.0: "a  line", 0.0: "b  sine", 0.5: "c  half line, half sine"}


def fig4(tables: Tables) -> Figure:
    """Three prompts per class, with the mean error over networks above."""
    table, errors = tables["curve_examples"], of_quantity(tables["curve_networks"], "nmse")
    prompts, n = sorted(table["prompt"].unique()), int(table["n"].iloc[0])
    figure, axes = theme.figure("wide", 5.2, nrows=len(prompts), ncols=len(PANELS), sharex=True)
    for column, (alpha, title) in enumerate(PANELS.items()):
        for row, prompt in enumerate(prompts):
            rows = table[(table["alpha"] == alpha) & (table["prompt"] == prompt)]
            draw_prompt(axes[row, column], rows)
        at = errors[(errors["alpha"] == alpha) & (errors["n"] == n) & (errors["model"] == "curves")]
        mean = number(at["value"].mean(), 2)
        axes[0, column].set_title(f"{title}\nerror / variance {mean}", fontsize=8.5)
        axes[-1, column].set_xlabel("x")
    name_lines(axes[0, 2])
    say_curve_gate(figure, tables["curve_networks"])
    return figure


def draw_prompt(ax: Axes, rows: DataFrame) -> None:
    """One prompt: its context, the truth, the network and exact Bayes."""
    parts = {part: one.sort_values("x") for part, one in rows.groupby("part")}
    truth, network, bayes = parts["truth"], parts["network"], parts["bayes"]
    ax.plot(truth["x"], truth["value"], color=theme.MUTED, lw=3, alpha=0.6)
    ax.plot(bayes["x"], bayes["value"], color=theme.THEORY, ls="--", lw=1)
    ax.plot(network["x"], network["value"], color=NETWORK, lw=1.4)
    context = parts["context"]
    ax.plot(context["x"], context["value"], "o", color=theme.THEORY, ms=2.5)
    ax.margins(x=0)
    low, high = truth["value"].min(), truth["value"].max()
    margin = 0.25 * max(high - low, 0.2)
    theme.hold(ax, low - margin, high + margin)


def name_lines(ax: Axes) -> None:
    """What the lines of ``draw_prompt`` are, right of the axes."""
    texts = {"truth": theme.REFERENCE, "network": NETWORK, "exact Bayes": theme.THEORY}
    for place, (text, color) in enumerate(texts.items()):
        ax.annotate(
            text,
            (1, 1 - 0.16 * place),
            xycoords="axes fraction",
            xytext=(5, -4),
            textcoords="offset points",
            color=color,
            fontsize=8,
            va="top",
            annotation_clip=False,
        )

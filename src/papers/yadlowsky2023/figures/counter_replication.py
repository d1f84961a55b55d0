"""The counter-replication beside the paper: blends, the same along training, both verdicts."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter
from pandas import DataFrame

from papers.yadlowsky2023.figures.style import SHADE, curve, shade
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
NAMES = {"histogram": "set, histogram", "mean": "set, mean", "causal": "causal"}
COLORS = dict(zip(NAMES, (theme.CATEGORIES[0], theme.CATEGORIES[2], theme.HIGHLIGHT), strict=True))
COEFFICIENTS = {"c_lin": "slope of the line", "c_sin": "amplitude of the sine"}
SLOPE, EXAMPLES, AMPLITUDE = 0.23, 10, 0.2
KEY = {
    "mean over networks; thin: each seed": {"marker": "o", "ms": 3},
    "exact Bayes": {"ls": "--", "lw": 1.1},
    "truth": {"color": theme.MUTED, "lw": 3, "alpha": 0.6},
}


def example(tables: Tables) -> Figure:
    """The plotted example: ten points of a tilted sine, the networks, exact Bayes and the truth."""
    table = tables["sum_examples"]
    slopes = sorted(table["slope"].unique())
    figure, axes = theme.figure("wide", 3.4, ncols=len(slopes), squeeze=False)
    for ax, slope in zip(axes[0], slopes, strict=True):
        rows = table[table["slope"] == slope].sort_values("x")
        parts = dict(iter(rows.groupby("part")))
        truth, exact, context = parts["truth"], parts["bayes"], parts["context"]
        ax.plot(truth["x"], truth["value"], color=theme.MUTED, lw=4, alpha=0.6)
        lines = {}
        for name in NAMES:
            lines[NAMES[name]] = curve(ax, parts[name], "x", COLORS[name], y="value")
        (bayes,) = ax.plot(exact["x"], exact["value"], color=theme.THEORY, ls="--", lw=1.2)
        ax.plot(context["x"], context["value"], "o", color=theme.THEORY, ms=4, zorder=4)
        ax.set(xlabel="x", xlim=(truth["x"].min(), truth["x"].max()))
        ax.set_title(f"{slope:g} x + {AMPLITUDE:g} sin(3πx)")
        if ax is axes[0, -1]:
            theme.label_ends(ax, lines | {"exact Bayes": bayes})
    axes[0, 0].set_ylabel("y")
    theme.key(
        figure,
        {
            "given points": {"marker": "o", "ls": "", "ms": 4},
            "truth": {"color": theme.MUTED, "lw": 4, "alpha": 0.6},
            "mean over networks; thin: each seed": {"color": COLORS["mean"]},
            "exact Bayes": {"ls": "--", "lw": 1.2},
        },
    )
    return figure


def blends(tables: Tables) -> Figure:
    """Coefficients against the number of examples and against the slope."""
    table = tables["sum_sweep"]
    table = table[table["kind"] == "equispaced"]
    at_slope = table[np.isclose(table["slope"], SLOPE)]
    at_n = table[table["n"] == EXAMPLES]
    figure, axes = theme.figure("wide", 4.6, nrows=2, ncols=2, sharey="row", sharex="col")
    in_training = at_slope.loc[at_slope["model"] == "causal", "n"].max()
    for row, coefficient in enumerate(COEFFICIENTS):
        left, right = axes[row]
        if in_training < at_slope["n"].max():
            shade(left, float(in_training), float(at_slope["n"].max()))
        _lines(left, at_slope, "n", coefficient)
        _lines(right, at_n, "slope", coefficient)
        left.set_ylabel(COEFFICIENTS[coefficient])
        for ax in (left, right):
            theme.hold(ax, -0.08, 0.64 if coefficient == "c_lin" else 0.3)
    axes[0, 0].set_title(f"slope {SLOPE}")
    axes[0, 1].set_title(f"{EXAMPLES} examples")
    axes[1, 0].set(xscale="log", xlabel="examples in the context, n")
    axes[1, 0].set_xticks([5, 10, 20, 40], ["5", "10", "20", "40"])
    axes[1, 0].minorticks_off()
    axes[1, 1].set_xlabel("slope m")
    theme.key(figure, KEY | {"more points than in training": {"color": SHADE, "lw": 6}})
    return figure


def steps(tables: Tables) -> Figure:
    """The same coefficients at ten examples along training, for two slopes."""
    along, sweep = tables["sum_steps"], tables["sum_sweep"]
    slopes = (SLOPE, 0.28)
    figure, axes = theme.figure("wide", 4.4, nrows=2, ncols=2, sharex=True, sharey="row")
    for column, slope in enumerate(slopes):
        at = along[np.isclose(along["slope"], slope) & (along["n"] == EXAMPLES)]
        exact = sweep[
            np.isclose(sweep["slope"], slope)
            & (sweep["n"] == EXAMPLES)
            & (sweep["model"] == "bayes")
            & (sweep["kind"] == "equispaced")
        ]
        for row, coefficient in enumerate(COEFFICIENTS):
            ax = axes[row, column]
            for name, rows in at.groupby("model", sort=False):
                curve(ax, rows, "step", COLORS[name], y=coefficient, marker="o", ms=2.5)
            truth = slope if coefficient == "c_lin" else AMPLITUDE
            ax.axhline(truth, color=theme.MUTED, lw=3, alpha=0.6, zorder=0)
            ax.axhline(exact[coefficient].iloc[0], color=theme.THEORY, ls="--", lw=1)
            ax.set_xscale("log")
            theme.hold(ax, -0.08, 0.42 if row == 0 else 0.3)
            ax.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
            ax.xaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
            ax.xaxis.set_minor_formatter(NullFormatter())
            if column == 0:
                ax.set_ylabel(COEFFICIENTS[coefficient])
        axes[0, column].set_title(f"slope {slope}")
        axes[1, column].set_xlabel("training step")
    # Trainings are of different length: labels at the ends of lines would lie far from them.
    theme.key(figure, KEY | {NAMES[name]: {"color": COLORS[name]} for name in NAMES}, columns=3)
    return figure


def verdicts(tables: Tables) -> Figure:
    """Every quantity of both verdicts, for each network and for exact Bayes."""
    table = tables["counter_verdicts"]
    quantities = {
        "over_in_class": "D: error /\nin class",
        "over_single": "D: error /\nnearest class",
        "line_share": "S: share of\nthe line",
        "sine_share": "S: share of\nthe sine",
        "below_single": "S: error /\nnearest class",
    }
    networks = list(table["network"].unique())
    figure, axes = theme.figure("wide", 2.9, ncols=len(quantities), sharey=True)
    for ax, (quantity, text) in zip(axes, quantities.items(), strict=True):
        rows = table[(table["quantity"] == quantity) & table["verdict"].isin(["D", "S"])]
        for predictor, filled in (("bayes", False), ("network", True)):
            own = rows[rows["predictor"] == predictor]
            color = theme.HIGHLIGHT if filled else theme.THEORY
            face = color if filled else "white"
            places = own["network"].map(networks.index)
            ax.plot(own["value"], places, "o", color=color, mfc=face, ms=5 if filled else 8)
        _threshold(ax, quantity, float(rows["threshold"].iloc[0]), rows["value"])
        ax.set_title(text, fontsize=7.5)
    margins = table[table["quantity"].isin(["D", "S"]) & (table["predictor"] == "network")]
    axes[0].set_yticks(range(len(networks)), [_outcome(margins, name) for name in networks])
    axes[0].set_ylim(len(networks) - 0.5, -0.5)
    return figure


def _lines(ax: Axes, table: DataFrame, x: str, coefficient: str) -> None:
    lines = {}
    for name in NAMES:
        rows = table[table["model"] == name].sort_values(x)
        lines[NAMES[name]] = curve(ax, rows, x, COLORS[name], y=coefficient, marker="o", ms=3)
    exact = table[table["model"] == "bayes"].sort_values(x)
    ax.plot(exact[x], exact[coefficient], color=theme.THEORY, ls="--", lw=1.1)
    truth = exact["slope"] if coefficient == "c_lin" else 0 * exact["slope"] + AMPLITUDE
    ax.plot(exact[x], truth, color=theme.MUTED, lw=3, alpha=0.6, zorder=0)
    if x == "slope":
        theme.label_ends(ax, lines)


def _threshold(ax: Axes, quantity: str, bound: float, values: DataFrame) -> None:
    if quantity == "over_in_class":
        ax.set_xscale("log")
        ax.set_xlim(min(1.0, 0.5 * values.min()), 2 * max(10.0, values.max()))
    else:
        ax.set_xlim(min(-0.1, 1.1 * values.min()), max(1.5, 1.1 * values.max()))
    low, high = ax.get_xlim()
    ends = (low, bound) if quantity == "below_single" else (bound, high)
    shade(ax, *ends)
    ax.set_xlim(low, high)


def _outcome(margins: DataFrame, name: str) -> str:
    """The network's name, and by how many seeds each verdict is met."""
    own = margins[(margins["network"] == name) & margins["verdict"].isin(["D", "S"])]
    met = own.groupby("verdict")["met"]
    marks = "  ".join(f"{verdict} {seeds.sum()} of {len(seeds)}" for verdict, seeds in met)
    return f"{NAMES.get(name, name)}\n{marks}"

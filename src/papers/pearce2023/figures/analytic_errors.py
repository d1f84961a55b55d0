"""How exact the constructed solution is: A4, A5 and A6 of Pearce et al. 2023."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
LIMIT = 0.5
"""Error, in numbers, from which the nearest number is a wrong one."""


def target_vs_output(tables: Tables) -> Figure:
    """A4: output against target (top) and the error (bottom), one column per number of neurons."""
    table = tables["every_output"]
    groups = [(n, g) for n, g in table.groupby("neurons") if n >= 5]
    figure, axes = theme.figure(
        "wide", 3.8, nrows=2, ncols=len(groups), squeeze=False, sharex=True, sharey="row"
    )
    for column, (neurons, group) in enumerate(groups):
        top, bottom = axes[:, column]
        _target_line(top, group)
        _error_points(bottom, group)
        top.set_title(f"N = {neurons}", loc="center")
        largest = group["error"].abs().max()
        bottom.set_title(f"max {largest:.2g}", loc="center", fontweight="normal", fontsize=8)
        bottom.set_xlabel("target")
    bound = 1.1 * max(group["error"].abs().max() for _, group in groups)
    axes[1, 0].set_ylim(-bound, bound)
    axes[0, 0].set_ylabel("output (numbers)")
    axes[1, 0].set_ylabel("output − target")
    return figure


def _target_line(ax: Axes, group: DataFrame) -> None:
    half = group["modulus"].iloc[0] / 2
    ax.plot([-half, half], [-half, half], color=theme.THEORY, lw=0.8, ls="--")
    ax.scatter(group["target"], group["target"] + group["error"], s=3, color=theme.CATEGORIES[0])
    ax.set(xlim=(-half, half), ylim=(-half - 1, half + 1))


def _error_points(ax: Axes, group: DataFrame) -> None:
    largest = group["error"].abs().max()
    for sign in (-LIMIT, LIMIT):
        ax.axhline(sign, color=theme.HIGHLIGHT, lw=0.8, ls=":")
    ordered = group.sort_values("target")
    ax.plot(ordered["target"], ordered["error"], color=theme.MUTED, lw=0.6)
    ax.scatter(ordered["target"], ordered["error"], s=3, color=theme.CATEGORIES[0], zorder=3)
    bound = 1.2 * max(largest, LIMIT)
    ax.set_ylim(-bound, bound)


def neurons_and_modulus(tables: Tables) -> Figure:
    """A5: error curves of one N for several M (top), largest errors against M (bottom)."""
    examples = list(tables["moduli_examples"].groupby("modulus"))
    figure, axes = theme.figure(
        "wide", 5.2, nrows=2, ncols=len(examples), squeeze=False, sharey="row", height_ratios=[1, 2]
    )
    for ax, (modulus, group) in zip(axes[0], examples, strict=True):
        _error_points(ax, group)
        ax.set_title(f"M = {modulus}: {group['right'].mean():.0%} right", loc="center", fontsize=9)
        ax.set_xlabel("target")
    neurons = examples[0][1]["neurons"].iloc[0]
    axes[0, 0].set_ylabel(f"N = {neurons}:\noutput − target")
    grid = axes[1, 0].get_gridspec()
    for ax in axes[1]:
        ax.remove()
    _largest_errors(figure.add_subplot(grid[1, :]), tables["neurons_by_modulus"])
    return figure


def _largest_errors(ax: Axes, table: DataFrame) -> None:
    ax.set(xscale="log", yscale="log", xlabel="modulus M", ylabel="largest error (numbers)")
    ax.axhline(LIMIT, color=theme.HIGHLIGHT, lw=0.8, ls=":")
    lines = {}
    for position, (neurons, group) in enumerate(table.groupby("neurons")):
        odd = neurons % 2 == 1
        color = theme.CATEGORIES[position % len(theme.CATEGORIES)]
        style = "-" if odd else (0, (4, 2))
        (line,) = ax.plot(group["modulus"], group["max_error"], color=color, ls=style, lw=1.3)
        lines[f"N = {neurons}"] = line
        fails = group[group["max_error"] >= LIMIT]
        if len(fails) and fails["modulus"].iloc[0] > group["modulus"].iloc[0]:
            largest = fails["modulus"].iloc[0] - 1
            ax.plot(largest, LIMIT, "o", color=color, ms=5)
            theme.direct_label(ax, largest, LIMIT, f"{largest}", color, dx=4, dy=-7)
    low, high = table["modulus"].min(), table["modulus"].max()
    ax.set_xlim(low, high)
    ticks = [tick for tick in (12, 20, 50, 100, 200, 500) if low <= tick <= high]
    ax.set_xticks(ticks, [str(tick) for tick in ticks])
    ax.minorticks_off()
    theme.label_ends(ax, lines, gap=0.055)
    ax.annotate(
        "wrong above",
        (low, LIMIT),
        xytext=(2, 3),
        textcoords="offset points",
        color=theme.HIGHLIGHT,
        fontsize=8,
    )


def square_activation(tables: Tables) -> Figure:
    """A6: logits with a square activation and the closed formula, one panel per N."""
    checks = tables["square_checks"].set_index("neurons")
    groups = list(tables["square_logits"].groupby("neurons"))
    figure, axes = theme.figure(
        "wide", 2.6, ncols=len(groups), squeeze=False, sharex=True, sharey=True
    )
    for ax, (neurons, group) in zip(axes[0], groups, strict=True):
        ax.plot(group["c"], group["formula"], color=theme.THEORY, lw=1, ls="--", zorder=4)
        ax.plot(group["c"], group["logit"], color=theme.CATEGORIES[0], lw=3, alpha=0.6)
        check = checks.loc[neurons]
        ax.set_title(f"N = {neurons}", loc="center")
        ax.set_xlabel(
            f"candidate c\n{check['accuracy']:.0%} right\nerror {check['formula_error']:.0e}"
        )
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
    return figure

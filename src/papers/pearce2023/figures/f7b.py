"""F7b: the parity network with weight decay instead of an L1 penalty."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.parity_heatmaps import draw_panels
from reprise.plotting import theme

STYLES = {"parity_l2": (theme.CATEGORIES[0], "L2"), "parity": (theme.CATEGORIES[1], "L1")}
"""Run -> its colour and name."""
FIRST_STEP = 100
"""Where the logarithmic axes of steps begin."""


def parity_l2(tables: Mapping[str, DataFrame]) -> Figure:
    """F7b: weights at several moments; below, neurons, distractors and the logits at the end."""
    table, curves = tables["parity_l2_weights"], tables["parity_l2_course"]
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 5.4))
    grid = figure.add_gridspec(2, 1, height_ratios=[3.2, 2.2])
    top, bottom = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    panels = table["panel"].nunique()
    draw_panels(top.subplots(1, panels, sharey=True, squeeze=False)[0], table, 4.5)
    left, middle, right = bottom.subplots(1, 3)
    _draw_curves(left, curves, "active_neurons", "active neurons")
    _draw_curves(middle, curves, "distractor_rms", "distractor rms")
    _draw_logits(right, tables["parity_l2_logits"])
    return figure


def _draw_curves(ax: Axes, curves: DataFrame, column: str, label: str) -> None:
    ax.set_xscale("log")
    for run, (color, name) in STYLES.items():
        members = curves[(curves["run"] == run) & (curves["step"] >= FIRST_STEP)]
        for _, member in members.groupby("member"):
            ax.plot(member["step"], member[column], color=color, lw=0.5, alpha=0.4)
        shown = members[members["shown"]]
        ax.plot(shown["step"], shown[column], color=color)
        theme.direct_label(ax, shown["step"].iloc[-1], shown[column].iloc[-1], name, color, dy=7)
    ax.set(ylabel=label, ylim=(0, None), xlim=(FIRST_STEP, None))
    theme.step_axis(ax)


def _draw_logits(ax: Axes, logits: DataFrame) -> None:
    """A dot per pattern of the three digits and network; filled: the shown ones."""
    ax.axhline(0, color=theme.MUTED, lw=0.8)
    for place, (run, (color, name)) in enumerate(STYLES.items()):
        own = logits[logits["run"] == run]
        x = own["pattern"] + 0.3 * (place - 0.5)
        shown = own["shown"].to_numpy(bool)
        ax.scatter(x[~shown], own["logit"][~shown], s=5, color=color, alpha=0.3, lw=0)
        ax.scatter(x[shown], own["logit"][shown], s=14, color=color, label=name)
    patterns = sorted(logits["pattern"].unique())
    digits = (len(patterns) - 1).bit_length()
    ax.set_xticks(patterns, [f"{pattern:0{digits}b}" for pattern in patterns], rotation=90)
    ax.set(xlabel="digits 0-2", ylabel="logit at the end")

"""F7b: the parity network with weight decay instead of an L1 penalty."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.parity_heatmaps import draw_panels
from reprise.plotting import theme


def parity_l2(tables: Mapping[str, DataFrame]) -> Figure:
    """F7b: weights at several moments; below, active neurons and the size of the distractors."""
    table, curves = tables["parity_l2_weights"], tables["parity_l2_course"]
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 5.4))
    grid = figure.add_gridspec(2, 1, height_ratios=[3.2, 2.2])
    top, bottom = figure.add_subfigure(grid[0]), figure.add_subfigure(grid[1])
    panels = table["panel"].nunique()
    draw_panels(top.subplots(1, panels, sharey=True, squeeze=False)[0], table, 4.5)
    left, right = bottom.subplots(1, 2)
    _draw_curves(left, curves, "active_neurons", "active neurons")
    _draw_curves(right, curves, "distractor_rms", "distractor rms")
    return figure


def _draw_curves(ax: Axes, curves: DataFrame, column: str, label: str) -> None:
    styles = {"parity_l2": (theme.CATEGORIES[0], "L2"), "parity": (theme.CATEGORIES[1], "L1")}
    ax.set_xscale("log")
    lines = {}
    for run, (color, name) in styles.items():
        members = curves[(curves["run"] == run) & (curves["step"] > 0)]
        for _, member in members.groupby("member"):
            ax.plot(member["step"], member[column], color=color, lw=0.5, alpha=0.4)
        shown = members[members["shown"]]
        (lines[name],) = ax.plot(shown["step"], shown[column], color=color)
        theme.direct_label(ax, shown["step"].iloc[-1], shown[column].iloc[-1], name, color, dy=7)
    ax.set(ylabel=label, ylim=(0, None), xlim=(100, None))
    theme.step_axis(ax)

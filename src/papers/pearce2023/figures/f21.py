"""F21: the architecture sweep, its hovers as small multiples."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from pandas import DataFrame

from papers.pearce2023.analysis.classes import CLASSES, MIN_LOSS
from papers.pearce2023.figures import outcomes
from reprise.plotting import theme

GROUPS = [(True, True), (True, False), (False, True), (False, False)]
"""Tied embedding, tied in-projection."""
VARIANTS = {
    (False, False): ("nothing", theme.CATEGORIES[0]),
    (True, False): ("in", theme.CATEGORIES[1]),
    (False, True): ("out", theme.CATEGORIES[2]),
    (True, True): ("both", theme.CATEGORIES[3]),
}
"""Collapsed in, collapsed out -> name and colour."""
BARS = {"ours": (0.0, 0.4, 1.0), "published": (0.44, 0.4, 0.45)}
"""Left end, width and opacity of the two bars of a box."""
UNTESTED = {"published": (0.0, 0.84, 0.45)}
"""The bar of a box that was not run."""
STOREYS = {False: 1.27, True: 0.0}
"""Foot of the boxes of either value of ``collapsed_out``."""


def architecture_sweep(tables: Mapping[str, DataFrame]) -> Figure:
    """F21: class shares of the sixteen boxes for both regularizations, and example loss curves."""
    boxes, curves = tables["architecture_boxes"], tables["architecture_curves"]
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 7.6))
    grid = figure.add_gridspec(4, 1, height_ratios=[0.2, 2.5, 2.1, 2.6])
    outcomes.legend(figure)
    for row, (kind, name) in enumerate({"L2": "weight decay", "L1": "L1 penalty"}.items()):
        block = boxes[boxes["regularization"] == kind]
        part = figure.add_subfigure(grid[row + 1])
        _draw_block(part, block, f"{kind} ({name})", titles=row == 0)
    _draw_curves(figure.add_subfigure(grid[3]), curves[curves["regularization"] == "L2"])
    return figure


def _draw_block(part: SubFigure, block: DataFrame, name: str, *, titles: bool) -> None:
    axes = part.subplots(1, 4, sharey=True)
    for ax, group in zip(axes, GROUPS, strict=True):
        rows = block[(block["tied_embed"] == group[0]) & (block["tied_in_projection"] == group[1])]
        for box in rows.to_dict("records"):
            _draw_box(ax, box)
        ax.set(xlim=(-0.1, 2), ylim=(0, 2.45))
        ax.set_xticks([0.42, 1.42], ["no", "yes"])
        ax.set_yticks([STOREYS[False] + 0.5, STOREYS[True] + 0.5], ["no", "yes"])
        if titles:
            ax.set_title(_group_name(group), fontsize=8)
        ax.tick_params(length=0)
        ax.spines[:].set_visible(False)
    axes[0].set_ylabel(f"{name}\nout collapsed")
    part.supxlabel(f"in collapsed (columns), out collapsed (rows); {_note(block)}", fontsize=7.5)


def _note(block: DataFrame) -> str:
    """What the bars are, with how many models of a box they stand for."""
    if not block["tested"].any():
        return "not run at this scale: published alone"
    models, cells = block["models"].max(), block["cells"].max()
    ours = f"{models:,} models a box, {cells:,} cell" + ("s" if cells > 1 else "")
    return f"left bars: ours ({ours}); right, faint: published, all cells"


def _draw_box(ax: Axes, box: dict[str, Any]) -> None:
    corner = float(box["collapsed_in"]), STOREYS[box["collapsed_out"]]
    for side, (left, width, alpha) in (BARS if box["tested"] else UNTESTED).items():
        start = corner[1]
        for name in CLASSES:
            height = float(box[f"{side}_{name}"])
            color = outcomes.COLORS[name]
            x = corner[0] + left
            ax.bar(x, height, width, start, color=color, alpha=alpha, align="edge", linewidth=0)
            start += height
    if box["tested"]:
        share = box["ours_K"] + box["ours_G"]
        ax.text(
            corner[0] + BARS["ours"][1] / 2,
            corner[1] + 1.01,
            f"{share:.0%}",
            fontsize=6.5,
            ha="center",
            va="bottom",
        )


def _draw_curves(part: SubFigure, curves: DataFrame) -> None:
    axes = part.subplots(1, 4, sharey=True)
    for ax, group in zip(axes, GROUPS, strict=True):
        for (inner, outer), (_, color) in VARIANTS.items():
            # Without in-projection both values of tied_in_projection name one network.
            tied = group[1] or inner
            key = {"tied_embed": group[0], "collapsed_in": inner, "collapsed_out": outer}
            chosen = curves[(curves[list(key)] == list(key.values())).all(axis=1)]
            chosen = chosen[chosen["tied_in_projection"] == tied]
            ax.plot(chosen["step"], chosen["test_loss"], color=color, lw=1.1)
            ax.plot(chosen["step"], chosen["train_loss"], color=color, lw=0.7, ls=":")
        ax.set_yscale("log")
        ax.set(ylim=(1e-8, 1e5))
        ax.axhline(MIN_LOSS, color=theme.MUTED, lw=0.7, ls=":")
        theme.step_axis(ax, ticks=3)
    axes[0].set_ylabel("summed cross-entropy (nats)\nsolid: test, dotted: train")
    for index, (text, color) in enumerate(VARIANTS.values()):
        axes[-1].text(
            1.03, 0.9 - 0.12 * index, text, color=color, transform=axes[-1].transAxes, fontsize=8
        )
    axes[-1].text(1.03, 1.02, "collapsed:", transform=axes[-1].transAxes, fontsize=8)


def _group_name(group: tuple[bool, bool]) -> str:
    embed, projection = ("tied" if tied else "untied" for tied in group)
    return f"{embed} embedding\n{projection} in-projection"

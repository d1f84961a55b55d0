"""F21: the architecture sweep, its hovers as small multiples."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from pandas import DataFrame

from papers.pearce2023.analysis.classes import CLASSES, MIN_LOSS
from papers.pearce2023.figures import outcomes
from reprise.plotting import theme
from reprise.plotting.numbers import number, percent

REGULARIZATIONS = {"L2": "weight decay", "L1": "L1 penalty"}
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
FEW = 9
"""Up to so many models of a box, those that generalise are counted, more are a percentage."""
UNTESTED = {"published": (0.0, 0.84, 0.45)}
"""The bar of a box that was not run."""
STOREYS = {False: 1.27, True: 0.0}
"""Foot of the boxes of either value of ``collapsed_out``."""


def architecture_sweep(tables: Mapping[str, DataFrame]) -> Figure:
    """F21: class shares of the sixteen boxes, for every regularization that was run."""
    boxes = tables["architecture_boxes"]
    tested = boxes.groupby("regularization", sort=False)["tested"].any()
    kinds = [kind for kind in REGULARIZATIONS if tested.get(kind, False)]
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 0.4 + 2.6 * len(kinds)))
    grid = figure.add_gridspec(1 + len(kinds), 1, height_ratios=[0.2] + [2.5] * len(kinds))
    outcomes.legend(figure)
    for row, kind in enumerate(kinds):
        block = boxes[boxes["regularization"] == kind]
        part = figure.add_subfigure(grid[row + 1])
        _draw_block(part, block, f"{kind} ({REGULARIZATIONS[kind]})", titles=row == 0)
    return figure


def architecture_losses(tables: Mapping[str, DataFrame]) -> Figure:
    """F21b: losses of one seed of every box."""
    curves = tables["architecture_curves"]
    figure, axes = theme.figure("wide", 3.0, ncols=len(GROUPS), sharey=True)
    _draw_curves(axes, curves[curves["regularization"] == "L2"])
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
    part.supxlabel(f"in collapsed; {_note(block)}", fontsize=7.5)


def _note(block: DataFrame) -> str:
    """What the bars are, with how many models of a box they stand for."""
    cells, ours = block["cells"].max(), block["models"].max()
    published = block.loc[block["tested"], "published_models"]
    fewest, most = (number(value) for value in (published.min(), published.max()))
    theirs = f"{fewest} to {most}" if fewest != most else fewest
    return (
        f"cells a box: {cells}; networks a box: ours (left bars) {number(ours)}, published (right, "
        f"faint) {theirs}"
    )


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
        share, models = box["ours_K"] + box["ours_G"], box["models"]
        ax.text(
            corner[0] + BARS["ours"][1] / 2,
            corner[1] + 1.01,
            f"{round(share * models)}/{models}" if models <= FEW else percent(share),
            fontsize=6.5,
            ha="center",
            va="bottom",
        )


def _draw_curves(axes: np.ndarray, curves: DataFrame) -> None:
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
        ax.set_title(_group_name(group), fontsize=8)
        ax.axhline(MIN_LOSS, color=theme.MUTED, lw=0.7, ls=":")
        theme.step_axis(ax, ticks=3)
    theme.hold(axes[0], 1e-8, 1e6)
    axes[0].set_ylabel("summed cross-entropy (nats)\nsolid: test, dotted: train")
    for index, (text, color) in enumerate(VARIANTS.values()):
        axes[-1].text(
            1.03, 0.9 - 0.12 * index, text, color=color, transform=axes[-1].transAxes, fontsize=8
        )
    axes[-1].text(1.03, 1.02, "collapsed:", transform=axes[-1].transAxes, fontsize=8)


def _group_name(group: tuple[bool, bool]) -> str:
    embed, projection = ("tied" if tied else "untied" for tied in group)
    return f"{embed} embedding\n{projection} in-projection"

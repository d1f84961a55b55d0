"""F8: the parity sweep, its sliders and hovers as small multiples."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.patches import Rectangle
from pandas import DataFrame

from papers.pearce2023.analysis.classes import CLASSES, MIN_LOSS, NAMES, RATIO
from papers.pearce2023.figures import outcomes
from reprise.plotting import theme
from reprise.plotting.numbers import number

DOTS_PER_ROW = 3
OURS = [f"ours_{name}" for name in CLASSES]
PUBLISHED = [f"published_{name}" for name in CLASSES]


def parity_sweep(tables: Mapping[str, DataFrame]) -> Figure:
    """F8: outcome of every model, over the article's, and class shares by weight decay."""
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 3.5))
    grid = figure.add_gridspec(2, 1, height_ratios=[0.2, 2.7])
    outcomes.legend(figure)
    _draw_cells(figure.add_subfigure(grid[1]), tables["parity_sweep_models"], tables)
    tested = tables["parity_sweep_cells"]["tested"]
    theme.say(figure, f"{tested.sum()} of {len(tested)} cells were run.")
    return figure


def parity_shares(tables: Mapping[str, DataFrame]) -> Figure:
    """F8b: class shares by width and training size, and at other thresholds."""
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 2.9))
    grid = figure.add_gridspec(2, 1, height_ratios=[0.2, 2.4])
    outcomes.legend(figure)
    _draw_shares(figure.add_subfigure(grid[1]), tables)
    return figure


def parity_losses(tables: Mapping[str, DataFrame]) -> Figure:
    """F8c: example loss curves."""
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 2.6))
    _draw_curves(figure, tables["parity_sweep_curves"])
    return figure


def _draw_cells(part: SubFigure, models: DataFrame, tables: Mapping[str, DataFrame]) -> None:
    cells, shares = tables["parity_sweep_cells"], tables["parity_sweep_marginals"]
    shares = shares[shares["axis"] == "weight_decay"].set_index("level")
    widths = sorted(cells["hidden"].unique(), reverse=True)
    sizes = sorted(cells["train_size"].unique())
    decays = sorted(cells["weight_decay"].unique())
    axes = part.subplots(2, len(decays), height_ratios=[5, 1.4], squeeze=False)
    for index, decay in enumerate(decays):
        top, bottom = axes[0, index], axes[1, index]
        _draw_panel(top, cells[cells["weight_decay"] == decay], widths, sizes)
        _draw_dots(top, models[models["weight_decay"] == decay], widths, sizes)
        top.set_title(f"weight decay {decay:g}", fontsize=8.5)
        top.tick_params(labelleft=index == 0)
        _draw_bars(bottom, shares, decay, first=index == 0)
    axes[0, 0].set_ylabel("training examples")
    axes[0, len(decays) // 2].set_xlabel("width (hidden neurons)")


def _draw_panel(ax: Axes, cells: DataFrame, widths: list[int], sizes: list[int]) -> None:
    for cell in cells.itertuples():
        corner = widths.index(cell.hidden), sizes.index(cell.train_size)
        color = outcomes.COLORS.get(cell.published_majority, "white")
        ax.add_patch(
            Rectangle(corner, 1, 1, fc=color, ec="white", alpha=0.28 if cell.tested else 0.14)
        )
        if not cell.tested:
            ax.add_patch(
                Rectangle(corner, 1, 1, fill=False, ec=theme.NO_LEARNING, hatch="////", lw=0)
            )
    ax.set(xlim=(0, len(widths)), ylim=(0, len(sizes)))
    ax.set_xticks(np.arange(len(widths)) + 0.5, [str(w) for w in widths], fontsize=6.5)
    ax.set_yticks(np.arange(len(sizes)) + 0.5, [number(size) for size in sizes], fontsize=7)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _draw_dots(ax: Axes, models: DataFrame, widths: list[int], sizes: list[int]) -> None:
    seeds = models.groupby(["hidden", "train_size"])["seed"]
    count = seeds.transform("size").to_numpy()
    row, column = np.divmod(seeds.rank(method="first").to_numpy() - 1, DOTS_PER_ROW)
    x = models["hidden"].map(widths.index) + (column + 0.5) / np.minimum(count, DOTS_PER_ROW)
    rows = np.ceil(count / DOTS_PER_ROW)
    y = models["train_size"].map(sizes.index) + 1 - (row + 0.5) / rows
    colors = models["class"].map(outcomes.COLORS)
    ax.scatter(x, y, s=9, c=colors, edgecolors=theme.THEORY, linewidths=0.3, zorder=3)


def _draw_bars(ax: Axes, shares: DataFrame, decay: float, *, first: bool) -> None:
    if decay in shares.index:
        outcomes.stacked_bar(ax, 1, shares.loc[decay, OURS])
        outcomes.stacked_bar(ax, 0, shares.loc[decay, PUBLISHED], faint=True)
    ax.set(xlim=(0, 1), ylim=(-0.5, 1.5), xticks=[])
    ax.set_yticks([1, 0], ["ours", "article"] if first else ["", ""], fontsize=7)
    ax.tick_params(length=0)
    ax.spines[:].set_visible(False)


def _draw_shares(part: SubFigure, tables: Mapping[str, DataFrame]) -> None:
    marginals, thresholds = tables["parity_sweep_marginals"], tables["parity_sweep_thresholds"]
    left, middle, right = part.subplots(1, 3)
    for ax, axis, label in ((left, "hidden", "width"), (middle, "train_size", "training examples")):
        rows = marginals[marginals["axis"] == axis]
        for name in CLASSES:
            color = outcomes.COLORS[name]
            x = np.arange(len(rows))
            ax.plot(x, rows[f"ours_{name}"], "o-", ms=3.5, color=color)
            ax.plot(x, rows[f"published_{name}"], ls="--", lw=1, color=color)
        ax.set_xticks(x, [number(level) for level in rows["level"]])
        ax.set(ylim=(0, 1), xlabel=label)
    left.set_ylabel("share of models")
    middle.tick_params(labelleft=False)
    middle.set_title("solid: ours; dashed: article, same cells", fontsize=8, fontweight="normal")
    _draw_thresholds(right, thresholds)


def _draw_thresholds(ax: Axes, thresholds: DataFrame) -> None:
    labels = []
    for index, row in enumerate(thresholds.to_dict("records")):
        at = -3 * index
        outcomes.stacked_bar(ax, at, [row[name] for name in OURS], width=1)
        outcomes.stacked_bar(ax, at - 1, [row[name] for name in PUBLISHED], width=1, faint=True)
        default = row["min_loss"] == MIN_LOSS and row["ratio"] == RATIO
        labels.append(
            f"{number(row['min_loss'])}, {number(row['ratio'])}" + (" *" if default else "")
        )
    ax.set_yticks(-0.5 - 3 * np.arange(len(labels)), labels, fontsize=7)
    ax.set(xlim=(0, 1), xlabel="share of models", xticks=[0, 0.5, 1])
    cells = thresholds["cells"].max()
    title = f"loss, ratio thresholds (* default)\nours: {cells} cells; faint: all 125"
    ax.set_title(title, fontsize=8, fontweight="normal")
    ax.tick_params(axis="y", length=0)


def _draw_curves(part: Figure, curves: DataFrame) -> None:
    panels = list(curves.groupby("cell"))
    axes = part.subplots(1, max(len(panels), 1), sharey=True, squeeze=False)[0]
    lines = max((cell["class"].nunique() for _, cell in panels), default=0)
    for ax, (_, cell) in zip(axes, panels, strict=False):
        for _, seed in cell.groupby("seed"):
            ax.plot(seed["step"], seed["test_loss"], color=theme.TEST, lw=1, alpha=0.8)
            ax.plot(seed["step"], seed["train_loss"], color=theme.TRAIN, lw=1, alpha=0.8)
        first = cell.iloc[0]
        classes = [NAMES[name].lower() for name in sorted(set(cell["class"]), key=CLASSES.index)]
        classes += [""] * (lines - len(classes))
        place = f"decay {first['weight_decay']:g}, width {first['hidden']}"
        size = f"{number(first['train_size'])} examples"
        ax.set_title("\n".join([place, size, *classes]), fontsize=7.5)
        ax.set_yscale("log")
        ax.axhline(MIN_LOSS, color=theme.MUTED, lw=0.7, ls=":")
        theme.step_axis(ax, ticks=3)
    axes[0].set_ylabel("cross-entropy (nats)")
    if not panels:
        axes[0].text(0.5, 0.5, "none of the example cells was run at this scale", ha="center")
        axes[0].set(xticks=[], yticks=[])
    else:
        axes[-1].text(1.02, 0.9, "test", color=theme.TEST, transform=axes[-1].transAxes, fontsize=8)
        axes[-1].text(
            1.02, 0.8, "train", color=theme.TRAIN, transform=axes[-1].transAxes, fontsize=8
        )

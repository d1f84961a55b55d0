"""A4: output against target, and the error, by number of neurons."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.output_errors import error_points
from reprise.plotting import theme


def target_vs_output(tables: Mapping[str, DataFrame]) -> Figure:
    """A4: output against target (top) and the error (bottom), one column per number of neurons."""
    table = tables["every_output"]
    groups = [(n, g) for n, g in table.groupby("neurons") if n >= 5]
    figure, axes = theme.figure(
        "wide", 3.8, nrows=2, ncols=len(groups), squeeze=False, sharex=True, sharey="row"
    )
    for column, (neurons, group) in enumerate(groups):
        top, bottom = axes[:, column]
        _target_line(top, group)
        error_points(bottom, group)
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

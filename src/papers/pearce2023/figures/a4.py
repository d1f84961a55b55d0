"""A4: the errors of the construction, by number of neurons."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.output_errors import error_points
from reprise.plotting import theme
from reprise.plotting.numbers import number

COLUMNS = 4


def target_vs_output(tables: Mapping[str, DataFrame]) -> Figure:
    """A4: output less target against the target, one panel per number of neurons."""
    groups = list(tables["every_output"].groupby("neurons"))
    rows = -(-len(groups) // COLUMNS)
    figure, axes = theme.figure("wide", 1.9 * rows, nrows=rows, ncols=COLUMNS, squeeze=False)
    for ax in axes.flat[len(groups) :]:
        ax.set_visible(False)
    for ax, (neurons, group) in zip(axes.flat, groups, strict=False):
        error_points(ax, group)
        largest = number(group["error"].abs().max(), 2)
        ax.set_title(f"N = {neurons}: at most {largest}", loc="center", fontsize=7.5)
        half = group["modulus"].iloc[0] / 2
        ax.set_xlim(-half, half)
    for ax in axes[-1]:
        ax.set_xlabel("target")
    for ax in axes[:, 0]:
        ax.set_ylabel("output − target\n(numbers)")
    return figure

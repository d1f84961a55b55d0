"""F22: losses of a network that generalises first and memorises later."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.small_networks import loss_curves, mark_step, say_seeds
from papers.pearce2023.figures.training_curves import shown_value
from reprise.plotting import theme
from reprise.plotting.numbers import number


def reverse_grokking_loss(tables: Mapping[str, DataFrame]) -> Figure:
    """F22: train and test loss; the test loss rises again while the train loss goes on falling."""
    curves, summary = tables["reverse_course"], tables["reverse_summary"]
    figure, ax = theme.figure("column", 3.8)
    lines = loss_curves(ax, curves)
    step = shown_value(summary, "t_min_test_loss")
    rise = shown_value(summary, "rise")
    mark_step(
        ax, step, f"lowest test loss at {number(step)};\nat the end {number(rise, 2)} times", 0.2
    )
    say_seeds(ax, curves)
    theme.label_ends(ax, lines)
    rises = summary.loc[summary["quantity"] == "rise", "value"].dropna()
    if len(rises) > 1:
        theme.say(
            figure,
            f"At the end the test loss is {number(rises.median(), 2)} times its minimum in the "
            f"median of {len(rises)} seeds ({number(rises.min(), 2)} to {number(rises.max(), 2)}).",
        )
    return figure

"""Networks that generalise first and memorise later: F22-F25 of Pearce et al. 2023."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.pearce2023.figures import small_runs
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
LOSS = "cross-entropy / 67 (nats)"
EARLY = 8000
"""Steps in the enlarged panel of F24."""


def loss(tables: Tables) -> Figure:
    """F22: train and test loss; the test loss rises again while the train loss goes on falling."""
    course, summary = tables["reverse_course"], tables["reverse_summary"]
    figure, ax = theme.figure("column", 3.8)
    lines = _losses(ax, course)
    step = small_runs.shown_value(summary, "t_min_test_loss")
    rise = small_runs.shown_value(summary, "rise")
    small_runs.mark_step(ax, step, f"lowest test loss at {step:,.0f};\nat the end {rise:.1f} times")
    small_runs.others(ax, course)
    theme.label_ends(ax, lines, gap=0.06)
    return figure


def weights(tables: Tables) -> Figure:
    """F23: W_input and W_output at several steps, periodic though memorising."""
    return small_runs.heatmap_panels(tables["reverse_weights"])


def loss_again(tables: Tables) -> Figure:
    """F24: train and test loss, the first steps (left) and all of them (right)."""
    course, summary = tables["gmg_course"], tables["gmg_summary"]
    figure, (left, right) = theme.figure("wide", 3.6, ncols=2, sharey=True)
    early = course[course["step"] <= EARLY]
    _losses(left, early)
    lines = _losses(right, course)
    right.set_ylabel("")
    for name, text, height in (
        ("t_first_min", "first minimum", 0.97),
        ("t_peak", "peak", 0.9),
        ("t_again", "generalised again", 0.97),
    ):
        step = small_runs.shown_value(summary, name)
        small_runs.mark_step(left if step <= EARLY else right, step, text, height)
    small_runs.others(left, course)
    theme.label_ends(right, lines, gap=0.06)
    return figure


def weights_again(tables: Tables) -> Figure:
    """F25: W_input and W_output at several steps, periodic throughout."""
    return small_runs.heatmap_panels(tables["gmg_weights"])


def _losses(ax: Axes, course: DataFrame) -> dict[str, Line2D]:
    ax.set_yscale("log")
    lines = small_runs.courses(ax, course, "loss")
    ax.set(xlim=(0, course["step"].max()), ylim=(1e-8, 0.3), ylabel=LOSS)
    theme.step_axis(ax)
    return lines

"""F24: losses of a network that generalises, memorises and generalises again."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.small_networks import loss_curves, mark_step, say_seeds
from papers.pearce2023.figures.training_curves import shown_value
from reprise.plotting import theme

EARLY = 8000
"""Steps in the enlarged panel of F24."""


def two_phase_loss(tables: Mapping[str, DataFrame]) -> Figure:
    """F24: train and test loss, the first steps (left) and all of them (right)."""
    curves, summary = tables["gmg_course"], tables["gmg_summary"]
    figure, (left, right) = theme.figure("wide", 3.6, ncols=2, sharey=True)
    early = curves[curves["step"] <= EARLY]
    loss_curves(left, early)
    lines = loss_curves(right, curves)
    right.set_ylabel("")
    for name, text, height in (
        ("t_first_min", "first minimum", 0.97),
        ("t_peak", "peak", 0.9),
        ("t_again", "generalised again", 0.97),
    ):
        step = shown_value(summary, name)
        mark_step(left if step <= EARLY else right, step, text, height)
    say_seeds(left, curves)
    theme.label_ends(right, lines)
    return figure

"""F24: losses of a network that generalises, memorises and generalises again."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.small_networks import LOSS, loss_curves, mark_step, say_seeds
from papers.pearce2023.figures.training_curves import SPLITS, shown_value
from reprise.plotting import theme

EARLY = 8000
"""Steps in the enlarged panels of F24."""
HEADROOM = 3
"""Upper end of the enlarged loss, over its peak: the rise is small beside where it began."""
NAMES = {
    "t_first_min": "first minimum",
    "t_peak": "peak",
    "t_again": "generalised again",
}


def two_phase_loss(tables: Mapping[str, DataFrame]) -> Figure:
    """F24: the shown seed's first steps enlarged (left), and all steps of all seeds (right)."""
    curves, summary = tables["gmg_course"], tables["gmg_summary"]
    figure = Figure(figsize=(theme.WIDTH_IN["wide"], 4.2))
    grid = figure.add_gridspec(2, 2)
    top = figure.add_subplot(grid[0, 0])
    bottom = figure.add_subplot(grid[1, 0], sharex=top)
    right = figure.add_subplot(grid[:, 1])
    steps = {text: shown_value(summary, name) for name, text in NAMES.items()}
    shown = curves[curves["shown"] & (curves["step"] <= EARLY)]
    early = {}
    for split, color in SPLITS.items():
        top.plot(shown["step"], shown[f"{split}_loss"], color=color)
        (early[split],) = bottom.plot(shown["step"], shown[f"{split}_accuracy"], color=color)
    theme.label_ends(bottom, early)
    # From the middle on, a network that learns at all is past its steep descent.
    level = float(shown["test_loss"].iloc[len(shown) // 2 :].max())
    top.set(xlim=(0, shown["step"].max()), ylabel=f"{LOSS}\nlinear")
    theme.cut(top, 0, HEADROOM * level, "Left, the first losses lie above the axis.")
    bottom.set(ylim=(0, 1.03), ylabel="accuracy")
    theme.step_axis(bottom)
    top.tick_params(labelbottom=False)
    lines = loss_curves(right, curves)
    right.set_ylabel("")
    for height, (text, step) in zip((0.97, 0.87, 0.97), steps.items(), strict=True):
        for ax in (top, bottom) if step <= EARLY else (right,):
            mark_step(ax, step, text if ax is not bottom else "", height)
    say_seeds(right, curves)
    theme.label_ends(right, lines)
    phases = summary.loc[summary["quantity"] == "all_phases", "value"]
    theme.say(
        figure, f"Seeds that go through all three phases: {phases.sum():.0f} of {len(phases)}."
    )
    return figure

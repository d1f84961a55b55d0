"""F10: accuracy of the five-neuron network."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.small_networks import learning_curves, mark_step, say_seeds
from papers.pearce2023.figures.training_curves import shown_value
from reprise.plotting import theme
from reprise.plotting.numbers import number


def five_neuron_accuracy(tables: Mapping[str, DataFrame]) -> Figure:
    """F10: train and test accuracy against training step."""
    curves, summary = tables["five_neuron_course"], tables["five_neuron_summary"]
    figure, ax = theme.figure("column", 3.6)
    lines = learning_curves(ax, curves, "accuracy")
    published = tables["five_neuron_published"]
    known = published[published["step"] <= curves["step"].max()]
    ax.plot(known["step"], known["test_accuracy"], "o", color=theme.REFERENCE, ms=2.5, zorder=3)
    ax.set(xlim=(0, curves["step"].max()), ylim=(0, 1.02), ylabel="accuracy")
    step = shown_value(summary, "t_both_1")
    mark_step(ax, step, f"both 1 at {number(step)}", height=0.12)
    say_seeds(ax, curves)
    theme.step_axis(ax)
    theme.label_ends(ax, lines)
    shown = curves[curves["shown"]]
    apart = (shown["train_accuracy"] - shown["test_accuracy"]).abs().max()
    networks = summary.drop_duplicates("member")["learned"]
    theme.say(
        figure,
        f"Of the bold seed, both are at most {number(apart, 2)} apart. {networks.sum()} of "
        f"{len(networks)} seeds reach 1 on both.",
    )
    return figure

"""Accuracy without demonstrations, after finetuning and in context."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures.common import (
    FT,
    ICL,
    MEAN,
    TASKS,
    ZSL,
    Look,
    legend_above,
    paper_label,
    published,
    say_materials,
    series,
)
from reprise.plotting import theme

CONDITIONS = {
    "zsl": Look("no demonstrations", ZSL, "s"),
    "ft": Look("finetuned", FT),
    "icl": Look("in context", ICL, "D"),
    "icl_second": Look("in context, other demonstrations", ICL, "D", hollow=True),
}
SCORINGS = {
    "raw": "labels' probabilities, as published",
    "content_free": "relative to prompts without content",
    "mean_centred": "relative to the mean over queries",
}


def accuracy(tables: Mapping[str, DataFrame]) -> Figure:
    """A panel per way of scoring; the paper's numbers are in the first."""
    table = tables["accuracy"]
    shown = [scoring for scoring in SCORINGS if scoring in set(table["scoring"])]
    figure, axes = theme.figure(
        "wide", 1.0 + 1.9 * len(shown), nrows=len(shown), squeeze=False, sharey=True
    )
    for ax, scoring in zip(axes[:, 0], shown, strict=True):
        own = table[table["scoring"] == scoring]
        paper = published(tables, "table1") if scoring == "raw" else None
        series(ax, own, "condition", CONDITIONS, paper)
        _chance(ax, tables["sets"], own)
        ax.set_ylabel("accuracy (%)")
        ax.set_title(SCORINGS[scoring])
    axes[0, 0].set_ylim(0, 105)
    paper_label(axes[0, 0])
    legend_above(figure, axes[:, 0], columns=3)
    _say_means(figure, table[table["scoring"] == "raw"])
    say_materials(figure, tables)
    return figure


def _chance(ax: Axes, sets: DataFrame, own: DataFrame) -> None:
    """A line at what a guess among the labels of a task reaches."""
    labels = sets[sets["quantity"] == "labels"].set_index("task")["value"]
    known = [task for task in TASKS if task in set(own["task"]) and task in labels.index]
    for place, task in enumerate(known):
        level = 100 / labels[task]
        text = "a guess among the labels" if place == 0 else None
        ax.plot([place - 0.4, place + 0.4], [level] * 2, color=theme.INK, ls=":", lw=1, label=text)


def _say_means(figure: Figure, table: DataFrame) -> None:
    """Means over tasks as published, in words."""
    means = table[table["task"] == MEAN].set_index("condition")["value"]
    texts = [f"{look.text} {means[name]:.1f}" for name, look in CONDITIONS.items() if name in means]
    theme.say(figure, f"Means over tasks, as published: {'; '.join(texts)}.")

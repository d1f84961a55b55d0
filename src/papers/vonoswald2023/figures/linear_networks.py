"""Networks on constructed tokens and the algorithms beside them: names, colours and curves."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.vonoswald2023.figures.axes import LOSS, SEEN
from papers.vonoswald2023.figures.seeds import over_seeds
from papers.vonoswald2023.figures.stored_points import stored_points
from reprise.plotting import theme
from reprise.plotting.numbers import number

LSA = dict(zip((1, 2, 4, 6), (to_hex(color) for color in theme.ordered(5)[1:]), strict=True))
"""Layers of linear attention -> colour, from light to dark."""
MESA = theme.CATEGORIES[4]
INTERPOLATION, COMPRESSED = "#882255", theme.CATEGORIES[2]

NAMES = {
    **{f"lsa{depth}": (_name, color) for depth, color in LSA.items() for _name in [f"LSA-{depth}"]},
    "mesa1": ("Mesa-1", MESA),
    "interpolation": ("Interpolation", INTERPOLATION),
    "compressed": ("Compressed", COMPRESSED),
}
"""Model -> what it is called in figures, and its colour."""

ALGORITHMS = {
    "gd1": ("one gradient step", "--", theme.THEORY),
    "pr2_lagged": ("Prop. 2, lagged", "--", theme.THEORY),
    "pr2": ("Prop. 2", "-.", "#A6611A"),
    "iteration6": ("Prop. 2, trained here", "-", theme.REFERENCE),
    "least_squares": ("least squares", ":", theme.THEORY),
}
"""Control -> what it is called in figures, its dashes and its colour."""

RISE = 1.1
"""A factor from which on a rise of the loss is told."""
LOSS_BY_T = "loss"
"""The quantity of tables of losses that has a value at every t."""


def plain_name(model: str) -> str:
    """``contracting_lsa2`` -> ``lsa2``, ``fixed_mesa`` -> ``mesa1``: systems share colours."""
    short = model.rpartition("_")[2] if model.startswith(("contracting_", "fixed_")) else model
    return "mesa1" if short == "mesa" else short


def network(ax: Axes, rows: DataFrame, model: str, x: str = "t", **style: Any) -> Line2D:
    """A network's losses, mean over seeds, over ``x`` with their band."""
    name, color = NAMES[plain_name(model)]
    return theme.line_with_band(ax, rows, x, "value", color, label=name, **style)


def algorithm(ax: Axes, rows: DataFrame, model: str) -> Line2D:
    """An algorithm's losses along sequences."""
    name, dashes, color = ALGORITHMS[model]
    (drawn,) = ax.plot(rows["t"], rows["value"], color=color, ls=dashes, lw=1.1, zorder=3)
    drawn.set_label(name)
    return drawn


def color_of(model: str) -> str:
    """The colour of a network, or that of algorithms."""
    return NAMES.get(plain_name(model), ("", theme.THEORY))[1]


def beside_a_step(ax: Axes, table: DataFrame, model: str) -> None:
    """A network of one layer and gradient descent of one step."""
    ours, stored = _by_source(table)
    network(ax, over_seeds(ours[ours["model"] == model], "t"), model)
    algorithm(ax, ours[ours["model"] == "gd1"], "gd1")
    for name in (model, "gd1"):
        stored_points(ax, stored[stored["model"] == name], "t", "value", color_of(name))
    ax.set(ylabel=LOSS, ylim=(0, None), xlabel=SEEN, xlim=(1, ours["t"].max()))


def depths(
    ax: Axes,
    table: DataFrame,
    models: Sequence[str],
    controls: Sequence[str],
    intervals: bool = True,
) -> dict[str, Line2D]:
    """Networks of several depths and algorithms on a logarithmic scale; name -> line.

    Without ``intervals`` bands are ranges of seeds alone, not those of single networks.
    """
    ours, stored = _by_source(table)
    if not intervals:
        single = ours.groupby("model")["seed"].transform("nunique") <= 1
        low, high = (ours[end].mask(single, ours["value"]) for end in ("low", "high"))
        ours = ours.assign(low=low, high=high)
    chosen = {m: over_seeds(ours[ours["model"] == m], "t") for m in (*models, *controls)}
    drawn = [network(ax, chosen[model], model) for model in models]
    drawn += [algorithm(ax, chosen[control], control) for control in controls]
    for model in (*models, *controls):
        stored_points(ax, stored[stored["model"] == model], "t", "value", color_of(model))
    ax.set(yscale="log", ylabel=LOSS, xlabel=SEEN, xlim=(1, ours["t"].max()))
    return {str(line.get_label()): line for line in drawn}


def say_rises(figure: Figure, table: DataFrame, models: Sequence[str]) -> None:
    """Where the loss of networks is least, and how far it rises from there: a sentence each."""
    ours, _ = _by_source(table)
    for model in models:
        rows = over_seeds(ours[ours["model"] == model], "t").dropna(subset="value")
        if not len(rows) or rows["value"].iloc[-1] < RISE * rows["value"].min():
            continue
        least, last = rows.loc[rows["value"].idxmin()], rows.iloc[-1]
        factor = number(last["value"] / least["value"], 2)
        name, at, end = NAMES[plain_name(model)][0], int(least["t"]), int(last["t"])
        theme.say(figure, f"{name}: least at t = {at}, {factor} times as much at t = {end}.")


def _by_source(table: DataFrame) -> tuple[DataFrame, DataFrame]:
    losses = table[table["quantity"] == LOSS_BY_T]
    return losses[losses["source"] == "ours"], losses[losses["source"] == "authors"]

"""Colours, names and marks that the figures on constructed tokens share."""

from typing import Any

from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.lines import Line2D
from pandas import DataFrame

from papers.vonoswald2023.figures.stored import stored
from reprise.plotting import theme

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
    "gd1": ("one gradient step", "--"),
    "pr2_lagged": ("Prop. 2, lagged", "--"),
    "pr2": ("Prop. 2", "-."),
    "iteration6": ("Prop. 2, trained here", "-"),
    "least_squares": ("least squares", ":"),
}
"""Control -> what it is called in figures, and its dashes."""


def plain_name(model: str) -> str:
    """``contracting_lsa2`` -> ``lsa2``, ``fixed_mesa`` -> ``mesa1``: systems share colours."""
    short = model.rpartition("_")[2] if model.startswith(("contracting_", "fixed_")) else model
    return "mesa1" if short == "mesa" else short


def network(ax: Axes, rows: DataFrame, model: str, x: str = "t", **style: Any) -> Line2D:
    """A network's losses over ``x`` with their band."""
    name, color = NAMES[plain_name(model)]
    theme.band(ax, rows[x], rows["low"], rows["high"], color)
    (drawn,) = ax.plot(rows[x], rows["loss"], color=color, label=name, **style)
    return drawn


def algorithm(ax: Axes, rows: DataFrame, model: str) -> Line2D:
    """An algorithm's losses along sequences."""
    name, dashes = ALGORITHMS[model]
    color = theme.REFERENCE if model == "iteration6" else theme.THEORY
    (drawn,) = ax.plot(rows["t"], rows["loss"], color=color, ls=dashes, lw=1.1, zorder=3)
    drawn.set_label(name)
    return drawn


def published(ax: Axes, rows: DataFrame, color: str, x: str, y: str = "loss") -> None:
    """Stored points of the authors."""
    stored(ax, rows[x], rows[y], color)


def color_of(model: str) -> str:
    """The colour of a network, or that of algorithms."""
    return NAMES.get(plain_name(model), ("", theme.THEORY))[1]

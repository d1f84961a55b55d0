"""Figure 3: errors (a) and distances (b) by the number of nonzero weights."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from pandas import DataFrame

from papers.yadlowsky2023.figures.style import (
    DENSE_ONLY,
    MIXTURE,
    SPARSE_ONLY,
    curve,
    dashed,
    note,
)
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
ERRORS = {
    "error_sparse_only": ("sparse only", SPARSE_ONLY),
    "error_mixture": ("50 % dense", MIXTURE),
    "error_dense_only": ("dense only", DENSE_ONLY),
}
DISTANCES = {
    "distance_to_sparse": ("to sparse only", SPARSE_ONLY),
    "distance_to_dense": ("to dense only", DENSE_ONLY),
}


def fig3a(tables: Tables) -> Figure:
    """Errors of the mixture and both specialists against the number of nonzeros."""
    table = tables["nonzeros_sweep"]
    figure, axes = _panels(table)
    for ax, n in zip(axes, _examples(table), strict=True):
        ax.set_ylim(0, 1.6)
        _draw(ax, table[table["n"] == n], ERRORS, ("bayes_tolerant",))
    axes[0].set_ylabel("squared error")
    note(axes[-1], f"dashed: exact Bayes,\nnoise {_noise(table):g}", x=0.03)
    return figure


def fig3b(tables: Tables) -> Figure:
    """Squared distances of the mixture's predictions to the specialists'."""
    table = tables["nonzeros_sweep"]
    figure, axes = _panels(table)
    for ax, n in zip(axes, _examples(table), strict=True):
        at = table[table["n"] == n]
        ax.set_ylim(0, 1.5)
        _draw(ax, at, DISTANCES, ("bayes_tolerant", "bayes"))
        seeds = at[(at["source"] == "network") & (at["quantity"] == "distance_of_seeds")]
        if len(seeds):
            curve(ax, seeds, "nonzeros", theme.MUTED, lw=1)
    axes[0].set_ylabel("squared distance")
    text = "grey: between seeds\n"
    text += f"dashed: exact Bayes, noise {_noise(table):g}\ndotted: without noise"
    note(axes[-1], text, x=0.03)
    return figure


def _draw(
    ax: Axes,
    at: DataFrame,
    quantities: Mapping[str, tuple[str, str]],
    sources: tuple[str, ...],
) -> None:
    lines = {}
    for quantity, (text, color) in quantities.items():
        own = at[at["quantity"] == quantity]
        network = own[own["source"] == "network"]
        lines[text] = curve(ax, network, "nonzeros", color, marker="o", ms=3)
        for source, style in zip(sources, ("--", ":"), strict=False):
            exact = dashed(ax, own[own["source"] == source], "nonzeros", style=style)
            exact.set_color(color)
    ax.set(xlabel="nonzero weights", title=f"after {at['n'].iloc[0]} examples")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    theme.label_ends(ax, lines)


def _panels(table: DataFrame) -> tuple[Figure, np.ndarray]:
    figure, axes = theme.figure("wide", 3.1, ncols=len(_examples(table)), squeeze=False)
    return figure, axes[0]


def _examples(table: DataFrame) -> list[int]:
    return sorted(table["n"].unique())


def _noise(table: DataFrame) -> float:
    return float(table.loc[table["source"] == "bayes_tolerant", "noise"].iloc[0])

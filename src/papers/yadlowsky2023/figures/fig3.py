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
    say_linear_gate,
)
from papers.yadlowsky2023.theory.effective_noise import CANDIDATES
from reprise.plotting import theme
from reprise.plotting.numbers import number

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
LEAST_DISTANCE = 0.01
"""Exact Bayes without noise is equal to a specialist to many decades: less is drawn here."""


def fig3a(tables: Tables) -> Figure:
    """Errors of the mixture and both specialists against the number of nonzeros."""
    table = tables["nonzeros_sweep"]
    figure, axes = _panels(table)
    for ax, n in zip(axes, _examples(table), strict=True):
        _draw(ax, table[table["n"] == n], ERRORS, ("bayes_tolerant",))
    theme.hold(axes[0], 0, 0.8)
    axes[0].set_ylabel("squared error")
    note(axes[-1], f"dashed: exact Bayes,\nnoise {_noise(table)}", x=0.03)
    say_linear_gate(figure, tables["linear_summary"])
    return figure


def fig3b(tables: Tables) -> Figure:
    """Squared distances of the mixture's predictions to the specialists'."""
    table = tables["nonzeros_sweep"]
    figure, axes = _panels(table)
    for ax, n in zip(axes, _examples(table), strict=True):
        at = table[table["n"] == n]
        ax.set_yscale("log")
        _draw(ax, at, DISTANCES, ("bayes_tolerant", "bayes"), least=LEAST_DISTANCE)
        seeds = at[(at["source"] == "network") & (at["quantity"] == "distance_of_seeds")]
        if len(seeds):
            curve(ax, seeds, "nonzeros", theme.MUTED, lw=1)
    theme.hold(axes[0], LEAST_DISTANCE, 2)
    axes[0].set_ylabel("squared distance")
    theme.key(
        figure,
        {
            "between seeds": {"color": theme.MUTED, "lw": 1},
            f"exact Bayes, noise {_noise(table)}": {"ls": "--", "lw": 1.1},
            f"without noise (at {LEAST_DISTANCE:g} where less)": {"ls": ":", "lw": 1.1},
        },
    )
    _say_seeds(figure, table)
    say_linear_gate(figure, tables["linear_summary"])
    return figure


def _say_seeds(figure: Figure, table: DataFrame) -> None:
    """How far the mixture is from the nearer specialist, beside the mixtures of other seeds."""
    network = table[(table["source"] == "network") & (table["n"] == table["n"].max())]
    means = network.groupby(["quantity", "nonzeros"])["mse"].mean().unstack(0)
    if "distance_of_seeds" not in means:
        return
    nearer = means[list(DISTANCES)].min(axis=1).mean()
    seeds = means["distance_of_seeds"].mean()
    told = f"{number(nearer, 2)} from the nearer specialist, {number(seeds, 2)} between seeds"
    if nearer <= seeds:
        told += ": no larger than between seeds, so a crossing says nothing"
    theme.say(figure, f"After {table['n'].max()} examples a mixture lies {told}.")


def _draw(
    ax: Axes,
    at: DataFrame,
    quantities: Mapping[str, tuple[str, str]],
    sources: tuple[str, ...],
    least: float = 0.0,
) -> None:
    lines = {}
    for quantity, (text, color) in quantities.items():
        own = at[at["quantity"] == quantity]
        network = own[own["source"] == "network"]
        lines[text] = curve(ax, network, "nonzeros", color, marker="o", ms=3)
        for source, style in zip(sources, ("--", ":"), strict=False):
            rows = own[own["source"] == source]
            rows = rows.assign(mse=rows["mse"].clip(lower=least))
            exact = dashed(ax, rows, "nonzeros", style=style)
            exact.set_color(color)
    ax.set(xlabel="nonzero weights", title=f"after {at['n'].iloc[0]} examples")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.margins(x=0)
    theme.label_ends(ax, lines)


def _panels(table: DataFrame) -> tuple[Figure, np.ndarray]:
    columns = len(_examples(table))
    figure, axes = theme.figure("wide", 3.1, ncols=columns, squeeze=False, sharey=True)
    return figure, axes[0]


def _examples(table: DataFrame) -> list[int]:
    return sorted(table["n"].unique())


def _noise(table: DataFrame) -> str:
    """The noise that describes the network best; the last candidate may be too small."""
    noise = float(table.loc[table["source"] == "bayes_tolerant", "noise"].iloc[0])
    return f"{'≥ ' if noise >= CANDIDATES[-1] else ''}{noise:g}"

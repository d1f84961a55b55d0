"""Figure 6: softmax networks, probed by layer (A, B), and as many steps of the algorithm (C)."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.axes import LOSS
from papers.vonoswald2023.figures.plain_networks import curves
from papers.vonoswald2023.figures.probes import preconditioned, target
from papers.vonoswald2023.figures.stored_points import of_figure
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
THEORY, MUTED = theme.THEORY, theme.MUTED


def fig6a(tables: Tables) -> Figure:
    """The next observation, read from every layer."""
    return target(tables["softmax_probes"])


def fig6b(tables: Tables) -> Figure:
    """The preconditioned input, read from every layer."""
    return preconditioned(tables["softmax_probes"])


def fig6c(tables: Tables) -> Figure:
    """Three and seven softmax layers, and the control of as many steps."""
    table, points = tables["fully_losses"], tables["plain_published"]
    figure, axes = theme.figure("wide", 3.5, ncols=2, sharey=True)
    for ax, layers in zip(axes, (3, 7), strict=True):
        control = f"control{layers}"
        curves(
            ax,
            table,
            of_figure(points, "fig6c"),
            [f"softmax{layers}"],
            {
                f"{control}_lagged": ("Proposition 2, as published", "--", THEORY),
                f"{control}_unlagged": ("with the newest pair", ":", THEORY),
                f"{control}_trained_lagged": ("trained here", "-.", MUTED),
                f"{control}_trained_unlagged": ("trained here, newest pair", ":", MUTED),
            },
        )
        ax.set_title(f"{layers} layers")
    axes[0].set_ylabel(LOSS)
    return figure

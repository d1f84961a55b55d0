"""Figure 25: softmax on nonlinear systems, probed (A, B) and beside its control (C)."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.plain_networks import curves_figure
from papers.vonoswald2023.figures.probes import preconditioned, target
from papers.vonoswald2023.figures.stored_points import OTHER_DRAW
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
THEORY = theme.THEORY


def fig25a(tables: Tables) -> Figure:
    """The next observation, read from every layer."""
    return target(tables["nonlinear_probes"], OTHER_DRAW)


def fig25b(tables: Tables) -> Figure:
    """The preconditioned input, read from every layer."""
    return preconditioned(tables["nonlinear_probes"], OTHER_DRAW)


def fig25c(tables: Tables) -> Figure:
    """The softmax network of Figure 7C and the control on features."""
    controls = {
        "control_features_lagged": ("Proposition 2 on features of MLP*", "--", THEORY),
        "control_features_unlagged": ("with the newest pair", ":", THEORY),
    }
    return curves_figure(tables, "nonlinear_losses", "fig7c", ["nonlinear_softmax"], controls)

"""Figure 7: losses along sequences of linear (A), partly observed (B) and nonlinear systems (C)."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.plain_networks import curves_figure
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
THEORY, MUTED, REFERENCE = theme.THEORY, theme.MUTED, theme.REFERENCE


def fig7a(tables: Tables) -> Figure:
    """Fully observed linear systems."""
    controls = {
        "control7_lagged": ("Proposition 2, as published", "--", THEORY),
        "control7_unlagged": ("with the newest pair", ":", THEORY),
        "least_squares_lagged": ("exact least squares, lagged", "-.", MUTED),
        "least_squares_unlagged": ("exact least squares", ":", MUTED),
    }
    return curves_figure(tables, "fully_losses", "fig7a", ["softmax7", "hybrid"], controls)


def fig7b(tables: Tables) -> Figure:
    """Partly observed linear systems."""
    controls = {
        "control_linear_lagged": ("Proposition 2 on one observation", "-.", REFERENCE),
        "control_stacked_lagged": ("on 16 observations", "--", THEORY),
        "control_stacked_unlagged": ("with the newest pair", ":", THEORY),
        "control_stacked_trained_lagged": ("on 16, six iterations trained here", "-.", MUTED),
        "least_squares_stacked_unlagged": ("exact least squares on 16", ":", MUTED),
    }
    models = ["partial_softmax", "partial_hybrid"]
    return curves_figure(tables, "partial_losses", "fig7b", models, controls)


def fig7c(tables: Tables) -> Figure:
    """Nonlinear systems."""
    controls = {
        "control_linear_lagged": ("Proposition 2 on observations", "-.", REFERENCE),
        "control_features_lagged": ("on features of MLP*", "--", THEORY),
        "control_features_unlagged": ("with the newest pair", ":", THEORY),
        "control_features_six_lagged": ("six published iterations", "-.", MUTED),
        "least_squares_features_unlagged": ("exact least squares on features", ":", MUTED),
    }
    models = ["nonlinear_softmax", "nonlinear_hybrid"]
    return curves_figure(tables, "nonlinear_losses", "fig7c", models, controls)

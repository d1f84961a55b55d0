"""Losses along sequences beside the control of Proposition 2: Figures 6C, 7, 24C and 25C."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures import looks_plain as looks
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
Lines = Mapping[str, tuple[str, str, str]]
"""Model of a control -> its label, line style and colour."""

THEORY, MUTED, REFERENCE = theme.THEORY, theme.MUTED, theme.REFERENCE


def depths(tables: Tables) -> Figure:
    """Figure 6C: three and seven softmax layers, and the control of as many steps."""
    table, points = tables["fully_curves"], tables["plain_published"]
    figure, axes = theme.figure("wide", 3.5, ncols=2, sharey=True)
    for ax, layers in zip(axes, (3, 7), strict=True):
        control = f"control{layers}"
        _panel(
            ax,
            table,
            points[points["figure"] == "fig6c"],
            [f"softmax{layers}"],
            {
                f"{control}_lagged": ("Proposition 2, as published", "--", THEORY),
                f"{control}_unlagged": ("with the newest pair", ":", THEORY),
                f"{control}_trained_lagged": ("trained here", "-.", MUTED),
                f"{control}_trained_unlagged": ("trained here, newest pair", ":", MUTED),
            },
        )
        ax.set_title(f"{layers} layers")
    axes[0].set_ylabel("loss")
    return figure


def fully(tables: Tables) -> Figure:
    """Figure 7A: fully observed linear systems."""
    controls = {
        "control7_lagged": ("Proposition 2, as published", "--", THEORY),
        "control7_unlagged": ("with the newest pair", ":", THEORY),
        "least_squares_lagged": ("exact least squares, lagged", "-.", MUTED),
        "least_squares_unlagged": ("exact least squares", ":", MUTED),
    }
    return _one(tables, "fully_curves", "fig7a", ["softmax7", "hybrid"], controls)


def partial(tables: Tables) -> Figure:
    """Figure 7B: partly observed linear systems."""
    controls = {
        "control_linear_lagged": ("Proposition 2 on one observation", "-.", REFERENCE),
        "control_stacked_lagged": ("on 16 observations", "--", THEORY),
        "control_stacked_unlagged": ("with the newest pair", ":", THEORY),
        "control_stacked_trained_lagged": ("on 16, six iterations trained here", "-.", MUTED),
        "least_squares_stacked_unlagged": ("exact least squares on 16", ":", MUTED),
    }
    models = ["partial_softmax", "partial_hybrid"]
    return _one(tables, "partial_curves", "fig7b", models, controls)


def nonlinear(tables: Tables) -> Figure:
    """Figure 7C: nonlinear systems."""
    controls = {
        "control_linear_lagged": ("Proposition 2 on observations", "-.", REFERENCE),
        "control_features_lagged": ("on features of MLP*", "--", THEORY),
        "control_features_unlagged": ("with the newest pair", ":", THEORY),
        "control_features_six_lagged": ("six published iterations", "-.", MUTED),
        "least_squares_features_unlagged": ("exact least squares on features", ":", MUTED),
    }
    models = ["nonlinear_softmax", "nonlinear_hybrid"]
    return _one(tables, "nonlinear_curves", "fig7c", models, controls)


def partial_softmax(tables: Tables) -> Figure:
    """Figure 24C: the softmax network of Figure 7B and the control with a larger ridge."""
    controls = {
        "control_stacked_ridge10_lagged": ("Proposition 2 on 16, ridge 10", "--", THEORY),
        "control_stacked_lagged": ("Proposition 2 on 16, ridge .001", ":", THEORY),
        "control_stacked_tuned_lagged": ("best ridge", "-.", MUTED),
    }
    both = tables["plain_published"]["figure"].replace({"fig7b": "fig24c"})
    tables = dict(tables) | {"plain_published": tables["plain_published"].assign(figure=both)}
    return _one(tables, "partial_curves", "fig24c", ["partial_softmax"], controls)


def nonlinear_softmax(tables: Tables) -> Figure:
    """Figure 25C: the softmax network of Figure 7C and the control on features."""
    controls = {
        "control_features_lagged": ("Proposition 2 on features of MLP*", "--", THEORY),
        "control_features_unlagged": ("with the newest pair", ":", THEORY),
    }
    return _one(tables, "nonlinear_curves", "fig7c", ["nonlinear_softmax"], controls)


def _one(tables: Tables, table: str, figure: str, models: list[str], controls: Lines) -> Figure:
    drawn, ax = theme.figure("column", 3.9)
    points = tables["plain_published"]
    _panel(ax, tables[table], points[points["figure"] == figure], models, controls)
    ax.set_ylabel("loss")
    return drawn


def _panel(
    ax: Axes, table: DataFrame, points: DataFrame, models: list[str], controls: Lines
) -> None:
    stored = points[points["quantity"] == "loss"]
    for model in models:
        rows = table[table["model"] == model]
        if len(rows):
            looks.line(ax, rows, model)
        looks.marks(ax, stored[stored["model"] == model], looks.NAMES[model][1])
    for model, (text, style, color) in controls.items():
        rows = table[table["model"] == model]
        if len(rows):
            looks.theory(ax, rows, text, style, color)
        looks.marks(ax, stored[stored["model"] == model], color)
    looks.marks_label(ax, bool(len(stored)))
    ax.set(xlim=(0, table["t"].max() + 1), xlabel="t", yscale="log")
    ax.legend(loc="best", handlelength=2.4, labelspacing=0.25, fontsize=7.5)

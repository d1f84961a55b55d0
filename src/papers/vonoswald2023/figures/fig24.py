"""Figure 24: softmax on partly observed systems, probed (A, B) and beside its control (C)."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.plain_networks import curves_figure
from papers.vonoswald2023.figures.probes import preconditioned, target
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
THEORY, MUTED = theme.THEORY, theme.MUTED


def fig24a(tables: Tables) -> Figure:
    """The next observation, read from every layer."""
    return target(tables["partial_probes"])


def fig24b(tables: Tables) -> Figure:
    """The preconditioned input, read from every layer."""
    return preconditioned(tables["partial_probes"])


def fig24c(tables: Tables) -> Figure:
    """The softmax network of Figure 7B and the control with a larger ridge."""
    controls = {
        "control_stacked_ridge10_lagged": ("Proposition 2 on 16, ridge 10", "--", THEORY),
        "control_stacked_lagged": ("Proposition 2 on 16, ridge 0.001", ":", THEORY),
        "control_stacked_tuned_lagged": ("best ridge", "-.", MUTED),
    }
    both = tables["plain_published"]["figure"].replace({"fig7b": "fig24c"})
    tables = dict(tables) | {"plain_published": tables["plain_published"].assign(figure=both)}
    return curves_figure(tables, "partial_losses", "fig24c", ["partial_softmax"], controls)

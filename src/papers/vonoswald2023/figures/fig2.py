"""Figure 2: past observations in the first layer (A), and features in every layer (B)."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from pandas import DataFrame

from papers.vonoswald2023.figures.plain_networks import NAMES
from papers.vonoswald2023.figures.stored_points import (
    OTHER_DRAW,
    of_figure,
    stored_label,
    stored_points,
)
from papers.vonoswald2023.figures.token_probes import (
    STORED_FOR,
    token_frame,
    token_key,
    token_lines,
    token_points,
)
from papers.vonoswald2023.tables.token_summary import FEATURES_LONG_AGO
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
STYLES = {0: ("newest", "-"), 1: ("one back", "--"), 2: ("three or more back", ":")}


def fig2a(tables: Tables) -> Figure:
    """Softmax and hybrid networks on fully and partly observed systems."""
    chosen = {
        "fully observed": (tables["fully_tokens"], ["softmax7", "hybrid"]),
        "partly observed": (tables["partial_tokens"], ["partial_softmax", "partial_hybrid"]),
    }
    figure, axes = theme.figure("wide", 3.2, ncols=2, sharey=True)
    for ax, (title, (table, runs)) in zip(axes, chosen.items(), strict=True):
        for run in runs:
            name, color = NAMES[run]
            token_lines(ax, table[table["model"] == run], color, name)
            token_points(ax, tables["plain_published"], run, color)
        token_frame(ax, table, title)
        ax.legend(loc="lower left")
    axes[0].set_ylabel("mean squared error")
    token_key(figure, tables["plain_published"]["figure"].isin(STORED_FOR).any())
    return figure


def fig2b(tables: Tables) -> Figure:
    """MLP* of past observations by layer, a panel per network."""
    table, points = tables["feature_tokens"], tables["plain_published"]
    runs = ["nonlinear_softmax", "nonlinear_hybrid"]
    figure, axes = theme.figure("wide", 3.2, ncols=2, sharey=True, width_ratios=[1.6, 1])
    for ax, run in zip(axes, runs, strict=True):
        name, color = NAMES[run]
        rows = table[table["model"] == run]
        ages = rows["back"].clip(upper=FEATURES_LONG_AGO)
        for age, (text, style) in zip((0, 1, FEATURES_LONG_AGO), STYLES.values(), strict=True):
            mse = rows[ages == age].groupby("layer")["mse"].mean()
            ax.plot(mse.index, mse, color=color, ls=style, marker=".", label=text)
        stored = of_figure(points, "fig2b", model=run)
        stored_points(ax, stored, "layer", "value", color)
        ax.set(yscale="log", xlabel="layer (0: input)", title=name)
        ax.xaxis.set_major_locator(MaxNLocator(integer=True))
        if len(stored):
            stored_label(ax, OTHER_DRAW)
    axes[0].set_ylabel("mean squared error")
    axes[0].legend(loc="lower right", labelspacing=0.25)
    return figure

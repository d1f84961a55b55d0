"""What the first layer depends on, along training: Figures 16, 22 and 23."""

from collections.abc import Mapping
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.plain_networks import NAMES
from papers.vonoswald2023.figures.seeds import first_seed
from papers.vonoswald2023.figures.stored_points import of_figure, stored_points
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
EARLIER = 6
"""Steps back that stand for all earlier tokens in the table."""
LOOKS: dict[int, dict[str, Any]] = {
    0: {"color": theme.CATEGORIES[7], "label": "t' = T"},
    1: {"color": "#CC6677", "label": "T − 1"},
    2: {"color": "#999933", "label": "T − 2"},
    3: {"color": theme.MUTED, "label": "T − 3", "lw": 1.1},
    4: {"color": theme.MUTED, "label": "T − 4", "lw": 1.1, "ls": "--"},
    5: {"color": theme.MUTED, "label": "T − 5", "lw": 1.1, "ls": ":"},
    EARLIER: {"color": theme.INK, "label": "earlier", "lw": 1.1, "ls": "-."},
}
"""Steps back -> the look of the line: colours for the last three tokens."""
OTHERS: dict[str, Any] = {"ls": "none", "marker": "x", "ms": 4}


def sensitivity_panels(tables: Tables, name: str, figure: str) -> Figure:
    """A panel per network of the table ``name``, with the authors' values of their ``figure``."""
    table, points = tables[name], of_figure(tables["plain_published"], figure)
    runs = list(dict.fromkeys(table["model"])) or [""]
    rows = 1 if len(runs) < 3 else 2
    shape = {"nrows": rows, "ncols": -(-len(runs) // rows)}
    drawn, axes = theme.figure("wide", 2.9 * rows, sharey=True, squeeze=False, **shape)
    for ax, run in zip(axes.flat, runs, strict=False):
        own = table[table["model"] == run]
        stored = points[(points["model"] == run) & (points["step"] > 0)]
        _panel(ax, first_seed(own), own[own["seed"] != own["seed"].min()], stored)
        ax.set_title(NAMES.get(run, (run, ""))[0])
    for ax in axes[:, 0]:
        ax.set_ylabel("sensitivity")
    axes[0, 0].set_ylim(bottom=0)  # of all panels, once all are drawn
    if table.groupby("model")["seed"].nunique().gt(1).any():
        axes[0, 0].plot([], [], color=theme.INK, **OTHERS, label="other seeds, at the end")
    known = points.loc[points["model"].isin(runs), "step"]
    if len(known):
        theme.say(drawn, f"Circles: stored by the authors, after {known.max():,.0f} steps.")
    drawn.legend(*axes[0, 0].get_legend_handles_labels(), loc="outside right center", fontsize=7.5)
    return drawn


def _panel(ax: Axes, own: DataFrame, others: DataFrame, stored: DataFrame) -> None:
    """Lines of one network, the ends of ``others``, and behind the end what the authors stored."""
    # Stored values are of tokens t' = 50, 49, ... and, in one mean, of all before.
    back = (50 - stored["t"].astype(float)).fillna(EARLIER)
    for token, look in LOOKS.items():
        rows, ends = own[own["back"] == token], others[others["back"] == token]
        ax.plot(rows["step"], rows["sensitivity"], **look)
        ax.plot(ends["step"], ends["sensitivity"], color=look["color"], **OTHERS)
        at = stored[back == token].assign(step=1.04 * own["step"].max())
        stored_points(ax, at, "step", "value", look["color"])
    theme.step_axis(ax, ticks=4)

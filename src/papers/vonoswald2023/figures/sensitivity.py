"""What the first layer depends on, along training: Figures 16, 22 and 23."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures.plain_networks import NAMES
from papers.vonoswald2023.figures.seeds import first_seed
from papers.vonoswald2023.figures.stored_points import of_figure, stored_label, stored_points
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
EARLIER = 6
"""Steps back that stand for all earlier tokens in the table."""


def sensitivity_panels(tables: Tables, name: str, figure: str) -> Figure:
    """A panel per network of the table ``name``, with the authors' values of their ``figure``."""
    table, points = tables[name], tables["plain_published"]
    runs = list(dict.fromkeys(table["model"])) or [""]
    rows = 1 if len(runs) < 3 else 2
    drawn, axes = theme.figure("wide", 2.9 * rows, nrows=rows, ncols=-(-len(runs) // rows))
    for ax, run in zip(axes.flat if len(runs) > 1 else [axes], runs, strict=False):
        own = first_seed(table[table["model"] == run])
        _panel(ax, own, of_figure(points, figure, model=run))
        ax.set_title(NAMES.get(run, (run, ""))[0])
    first = axes.flat[0] if len(runs) > 1 else axes
    first.set_ylabel("sensitivity")
    drawn.legend(*first.get_legend_handles_labels(), loc="outside right center", fontsize=7.5)
    return drawn


def _panel(ax: Axes, own: DataFrame, stored: DataFrame) -> None:
    colors = [*theme.ordered(EARLIER + 1)[::-1][:EARLIER], theme.HIGHLIGHT]
    end = own["step"].max()
    # Stored values are of tokens t' = 50, 49, ... and, in one mean, of all before.
    for back, rows in own.groupby("back"):
        name = {0: "t' = T", EARLIER: "earlier"}.get(back, f"T - {back}")
        ax.plot(rows["step"], rows["sensitivity"], color=colors[back], label=name)
        then = stored[stored["step"] > 0]
        at = then[then["t"] == 50 - back] if back < EARLIER else then[then["t"].isna()]
        stored_points(ax, at.assign(step=1.03 * end), "step", "value", colors[back])
    if len(stored):
        stored_label(ax)
    theme.step_axis(ax, ticks=4)
    ax.set_ylim(bottom=0)

"""What the first layer depends on, along training: Figures 16, 22 and 23."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.vonoswald2023.figures import looks_plain as looks
from reprise.plotting import theme

Tables = Mapping[str, DataFrame]
EARLIER = 6
"""Steps back that stand for all earlier tokens in the table."""


def fully(tables: Tables) -> Figure:
    """Figure 16: fully observed systems."""
    return _courses(tables, "fully_sensitivity", "fig16")


def partial(tables: Tables) -> Figure:
    """Figure 22: partly observed systems."""
    return _courses(tables, "partial_sensitivity", "fig22")


def nonlinear(tables: Tables) -> Figure:
    """Figure 23: nonlinear systems."""
    return _courses(tables, "nonlinear_sensitivity", "fig23")


def _courses(tables: Tables, name: str, figure: str) -> Figure:
    table, points = tables[name], tables["plain_published"]
    runs = list(dict.fromkeys(table["run"])) or [""]
    rows = 1 if len(runs) < 3 else 2
    drawn, axes = theme.figure("wide", 2.9 * rows, nrows=rows, ncols=-(-len(runs) // rows))
    for ax, run in zip(axes.flat if len(runs) > 1 else [axes], runs, strict=False):
        own = table[table["run"] == run]
        _panel(ax, own, looks.published(points, figure, model=run))
        ax.set_title(looks.NAMES.get(run, (run, ""))[0])
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
        looks.marks(ax, at.assign(step=1.03 * end), colors[back], "step")
    looks.marks_label(ax, bool(len(stored)))
    theme.step_axis(ax, ticks=4)
    ax.set_ylim(bottom=0)

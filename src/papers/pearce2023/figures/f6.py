"""F6: loss of the parity network."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.parity_events import mark_events
from papers.pearce2023.figures.training_curves import draw_splits, shown_value
from reprise.plotting import theme


def parity_loss(tables: Mapping[str, DataFrame]) -> Figure:
    """F6: train and test cross-entropy on a log scale, the shown seed bold and the others thin."""
    curves, summary = tables["parity_course"], tables["parity_summary"]
    figure, ax = theme.figure("column", 3.8)
    ax.set_yscale("log")
    lines = draw_splits(ax, curves, "loss")
    ax.set(ylim=(5e-8, 10), ylabel="cross-entropy (nats)", xlim=(0, curves["step"].max()))
    ax.axhline(2.0**-23, color=theme.THEORY, lw=0.8, ls="--")
    theme.direct_label(ax, 0, 2.0**-23, "float32 floor of the clipped loss", theme.THEORY, dy=6)
    mark_events(ax, summary)
    _mark_bump(ax, curves[curves["shown"]], summary)
    theme.step_axis(ax)
    theme.label_ends(ax, lines)
    return figure


def _mark_bump(ax: Axes, shown: DataFrame, summary: DataFrame) -> None:
    before = shown[shown["step"] <= shown_value(summary, "t_test_999")]
    if before.empty:
        return
    for row in (before.loc[before["train_loss"].idxmin()], before.iloc[-1], shown.iloc[-1]):
        ax.plot(
            row["step"], row["train_loss"], "o", ms=4.5, mfc="white", color=theme.TRAIN, zorder=4
        )
    rises = [shown_value(summary, name) for name in ("train_loss_bump", "final_train_loss_ratio")]
    text = "train loss over its minimum (first circle):\n"
    text += "{:.3f}x where test reaches .999, {:.1f}x at the end"
    ax.text(
        0.99,
        0.065,
        text.format(*rises),
        color=theme.TRAIN,
        transform=ax.transAxes,
        ha="right",
        fontsize=8,
    )

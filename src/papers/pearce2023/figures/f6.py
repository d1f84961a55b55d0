"""F6: loss of the parity network."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.parity_events import mark_events
from papers.pearce2023.figures.training_curves import draw_splits, shown_value
from reprise.plotting import theme
from reprise.plotting.numbers import number


def parity_loss(tables: Mapping[str, DataFrame]) -> Figure:
    """F6: train and test cross-entropy on a log scale, the shown seed bold and the others thin."""
    curves, summary = tables["parity_course"], tables["parity_summary"]
    figure, ax = theme.figure("column", 3.8)
    ax.set_yscale("log")
    lines = draw_splits(ax, curves, "loss")
    ax.set(ylabel="cross-entropy (nats)", xlim=(0, curves["step"].max()))
    theme.hold(ax, 3e-8, 10)
    ax.axhline(2.0**-23, color=theme.THEORY, lw=0.8, ls="--")
    theme.direct_label(ax, 0, 2.0**-23, "float32 floor of the clipped loss", theme.THEORY, dy=-6)
    mark_events(ax, summary)
    _mark_minima(figure, curves[curves["shown"]], summary)
    theme.step_axis(ax)
    theme.label_ends(ax, lines)
    return figure


def _mark_minima(figure: Figure, shown: DataFrame, summary: DataFrame) -> None:
    """Circles at the minimum before generalisation, there, at the lowest loss and at the end."""
    (ax,) = figure.axes
    before = shown[shown["step"] <= shown_value(summary, "t_test_999")]
    if before.empty:
        return
    lowest = shown.loc[shown["train_loss"].idxmin()]
    for row in (before.loc[before["train_loss"].idxmin()], before.iloc[-1], lowest, shown.iloc[-1]):
        at = row["step"], row["train_loss"]
        ax.plot(*at, "o", ms=4.5, mfc="white", color=theme.TRAIN, zorder=4)
    bump, end = (
        number(shown_value(summary, name), 3)
        for name in ("train_loss_bump", "final_train_loss_ratio")
    )
    theme.say(
        figure,
        f"Circles, train loss of the bold seed: where test accuracy reaches 0.999 it is {bump} "
        f"times its minimum before; at the end it is {end} times its lowest, at step "
        f"{number(lowest['step'])}.",
    )

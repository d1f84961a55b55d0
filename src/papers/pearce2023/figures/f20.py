"""F20: many seeds of the main network as small loss charts, and what they have in common."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from pandas import DataFrame, Series

from papers.pearce2023.figures.training_curves import SPLITS
from reprise.plotting import theme
from reprise.plotting.numbers import number

FEW = 32
"""Up to so many charts are drawn large and as vectors, more small and as one raster."""
HIGH, LOW = 1, -8
"""Powers of ten at the ends of the loss axis."""
FILL = 0.86
"""Share of its cell that a chart covers."""
MOST_FREQUENCIES = 4
"""Frequencies written above a chart; networks that memorise have many more."""


def loss_charts(tables: Mapping[str, DataFrame]) -> Figure:
    """F20: losses of every seed, titled by its frequencies."""
    networks, curves = tables["seeds_networks"], tables["seeds_curves"]
    few = len(networks) <= FEW
    columns = min(6 if few else 12, len(networks))
    rows = -(-len(networks) // columns)
    figure, ax = theme.figure("wide", (1.15 if few else 0.52) * rows + 0.5)
    _draw_charts(ax, networks, curves, columns, small=not few)
    theme.key(figure, {split: {"color": color} for split, color in SPLITS.items()})
    _say_generalised(figure, networks)
    return figure


def distributions(tables: Mapping[str, DataFrame]) -> Figure:
    """F20b: what the seeds that generalise have in common, beside the published networks."""
    figure, axes = theme.figure("wide", 4.4, nrows=2, ncols=2)
    _draw_distributions(axes.ravel()[:3], tables["seeds_distributions"])
    _draw_quantiles(axes[1, 1], tables["seeds_quantiles"])
    _say_generalised(figure, tables["seeds_networks"])
    return figure


def _say_generalised(figure: Figure, networks: DataFrame) -> None:
    own = networks[networks["generalised"] == 1]
    text = f"{len(own)} of {len(networks)} seeds generalise"
    numbers = sorted(own["number"].astype(int).unique())
    if numbers:
        each = "each with " if len(own) > 1 else "with "
        between = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
        text += f", {each}{between} frequencies"
    theme.say(figure, f"{text}.")


def _draw_charts(
    ax: Axes, networks: DataFrame, curves: DataFrame, columns: int, *, small: bool
) -> None:
    last = curves["step"].max()
    font = theme.LEAST_TEXT if small else 7
    ax.set_axis_off()
    # The lines of all charts are one collection on one pair of axes: hundreds of axes take minutes.
    lines: dict[str, list[np.ndarray]] = {split: [] for split in SPLITS}
    frames = []
    by_seed = dict(iter(curves.groupby("seed")))
    for place, network in enumerate(networks.itertuples()):
        x, y = place % columns, -(place // columns)
        frames.append([(x, y + FILL), (x, y), (x + FILL, y)])
        seed = by_seed[network.seed]
        for split in SPLITS:
            across = x + FILL * seed["step"] / last
            lines[split].append(np.column_stack([across, y + _height(seed[f"{split}_loss"])]))
        color = theme.THEORY if network.generalised else theme.MUTED
        title = _title(network.frequencies)
        ax.text(x, y + FILL, title, fontsize=font, color=color, va="bottom", rasterized=small)
    style = {"rasterized": small, "lw": 0.6 if small else 1.2, "antialiased": not small}
    ax.add_collection(LineCollection(frames, colors=theme.MUTED, rasterized=small, lw=0.5))
    for split, color in SPLITS.items():
        ax.add_collection(LineCollection(lines[split], colors=color, **style))
    rows = -(-len(networks) // columns)
    ax.set(xlim=(-0.45, columns), ylim=(-rows + 0.75, 1))
    _label_first_chart(ax, 1 - rows, last, font)


def _label_first_chart(ax: Axes, y: float, last: float, font: float) -> None:
    for height, power in ((0, LOW), (FILL, HIGH)):
        ax.text(-0.04, y + height, f"$10^{{{power}}}$", fontsize=font, ha="right", va="center")
    ax.text(-0.3, y + FILL / 2, "loss", fontsize=font, ha="right", va="center", rotation=90)
    ax.text(0, y - 0.05, "0", fontsize=font, va="top")
    steps = f"{number(last)} steps"
    ax.text(FILL, y - 0.05, steps, fontsize=font, ha="right", va="top")


def _height(loss: DataFrame) -> np.ndarray:
    power = np.log10(np.clip(loss.to_numpy(float), 10.0**LOW, 10.0**HIGH))
    return FILL * (power - LOW) / (HIGH - LOW)


def _title(frequencies: str) -> str:
    numbers = str(frequencies).split()
    if len(numbers) > MOST_FREQUENCIES:
        numbers = [*numbers[: MOST_FREQUENCIES - 1], "…"]
    return " ".join(numbers)


def _draw_distributions(axes: np.ndarray, table: DataFrame) -> None:
    labels = {
        "frequencies_per_network": "frequencies in a network",
        "neurons_per_frequency": "neurons of a frequency",
        "thousand_steps_to_test_loss_0.01": "thousand steps to test loss < 0.01",
    }
    networks = table.loc[table["quantity"] == "frequencies_per_network", "count"].sum()
    few = networks <= FEW
    for ax, (quantity, label) in zip(axes, labels.items(), strict=True):
        rows = table[table["quantity"] == quantity]
        width = float(np.diff(rows["value"]).min()) if len(rows) > 1 else 1.0
        # Bins of several steps are drawn over their middle, single numbers over themselves.
        centre = rows["value"] + (width / 2 if width > 1 else 0)
        if few:
            ax.bar(centre, rows["published_share"], 0.8 * width, color=theme.NO_LEARNING)
            _dot_each(ax, centre, rows["count"])
        else:
            ax.bar(centre, rows["share"], 0.8 * width, color=theme.CATEGORIES[5], alpha=0.8)
            ax.vlines(centre, rows["low"], rows["high"], color=theme.THEORY, lw=0.8)
            ax.plot(centre, rows["published_share"], "o", ms=3.5, color=theme.HIGHLIGHT)
        ax.set(xlabel=label, ylabel="share", ylim=(0, 1.3 * ax.get_ylim()[1]))
        ax.xaxis.get_major_locator().set_params(integer=True)
        if quantity == "frequencies_per_network":
            _label_sources(ax, rows, few=few)


def _dot_each(ax: Axes, centre: Series, counts: Series) -> None:
    """One dot per network of ours, in stacks over the published bars."""
    step = ax.get_ylim()[1] / max(12, counts.max())
    x = np.repeat(centre.to_numpy(float), counts.to_numpy(int))
    y = [step * (place + 0.5) for count in counts.to_numpy(int) for place in range(count)]
    ax.plot(x, y, "o", ms=4, color=theme.CATEGORIES[0])


def _label_sources(ax: Axes, rows: DataFrame, *, few: bool) -> None:
    ours, published = rows["count"].sum(), rows["published_count"].sum()
    texts = [
        (f"dots: ours, {ours} generalised", theme.CATEGORIES[0]),
        (f"bars: published, {published}", theme.REFERENCE),
    ]
    if not few:
        texts = [
            (f"bars: ours, {ours} generalised,\n95 % intervals", theme.CATEGORIES[0]),
            (f"dots: published, {published}", theme.HIGHLIGHT),
        ]
    for place, (text, color) in enumerate(texts):
        ax.text(
            1,
            0.98 - 0.2 * place,
            text,
            transform=ax.transAxes,
            color=color,
            fontsize=7.5,
            ha="right",
            va="top",
        )


def _draw_quantiles(ax: Axes, table: DataFrame) -> None:
    lines = {}
    for split, color in SPLITS.items():
        rows = table[table["split"] == split]
        ours, published = (rows[rows["source"] == source] for source in ("ours", "published"))
        published = published[published["step"] <= ours["step"].max()]
        if len(ours):
            theme.band(ax, ours["step"], ours["p5"], ours["p95"], color)
            (lines[split],) = ax.plot(ours["step"], ours["p50"], color=color)
        ax.vlines(published["step"], published["p5"], published["p95"], color=color, lw=0.6)
        ax.plot(published["step"], published["p50"], "o", ms=3.5, color=color, mfc="white")
    ax.set(yscale="log", ylabel="cross-entropy / 67 (nats)")
    theme.hold(ax, 10.0**LOW, 10.0**HIGH)
    if lines:
        theme.label_ends(ax, lines)
    theme.step_axis(ax, ticks=5)

"""The plots of ``docs/performance.md``: logarithmic axes, each line labelled with its power."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter, NullLocator

from reprise.plotting import theme
from reprise.plotting.render import render

LAYERS = {
    "linear": "linear attention",
    "mesa": "mesa-layer",
    "mesa_autodiff": "mesa, autodiff",
    "softmax": "softmax attention",
}
COMMANDS = ("snakemake -n", "verify", "no-op run", "plan")
_MB = 1e6
_STYLES = ("-", "--", "-.", ":")
_MARKS = ("o", "s", "^", "D")

Points = Sequence[Mapping[str, float]]


def draw(measured: dict[str, Any]) -> dict[str, dict[str, bytes]]:
    """Name of a plot -> its SVG and PNG."""
    sweeps, machine = measured["sweeps"], measured["machine"]
    footer = f"{machine['cpu']} · one thread · processor time · {machine['date']} · "
    footer += "powers are between the two largest sizes"
    layers = {label: sweeps[name] for name, label in LAYERS.items() if name in sweeps}
    commands = {name: sweeps[name] for name in COMMANDS}
    with theme.apply():
        figures = {
            "training": _training(sweeps),
            "length": _pair(layers, "tokens", ("seconds", 1e3, "ms"), ("work_bytes", 1, "program")),
            "graph": _pair(commands, "nodes", ("seconds", 1, "s"), ("peak_bytes", 1, "process")),
        }
        return {name: render(figure, footer) for name, figure in figures.items()}


def power(points: Points, field: str) -> float:
    """By which power ``field`` grows between the two largest sizes."""
    (x0, y0), (x1, y1) = ((point["x"], point[field]) for point in points[-2:])
    return round(float(np.log(y1 / y0) / np.log(x1 / x0)), 6) + 0.0


def _training(sweeps: Mapping[str, Points]) -> Figure:
    figure, axes = theme.figure("wide", 4.6, nrows=2, ncols=2)
    titles = {"steps": "updates of a training", "members": "members of a job"}
    units = {"steps": (1, "s"), "members": (1e3, "ms per update")}
    for column, (name, title) in enumerate(titles.items()):
        points, (factor, unit) = sweeps[name], units[name]
        time, memory = axes[0, column], axes[1, column]
        drawn = {_label("time", points, "seconds"): _line(time, points, "seconds", factor, 0)}
        _finish(time, points, "", f"time, {unit}")
        theme.label_ends(time, drawn)
        drawn = {
            "whole process": _line(memory, points, "peak_bytes", 1 / _MB, 1),
            _label("program", points, "work_bytes"): _line(
                memory, points, "work_bytes", 1 / _MB, 0
            ),
        }
        _finish(memory, points, title, "memory, MB")
        theme.label_ends(memory, drawn)
    return figure


def _pair(
    lines: Mapping[str, Points],
    what: str,
    time: tuple[str, float, str],
    memory: tuple[str, float, str],
) -> Figure:
    figure, axes = theme.figure("wide", 3.0, ncols=2)
    for ax, (field, factor, note), seconds in zip(axes, (time, memory), (True, False), strict=True):
        drawn = {
            _label(name, points, field): _line(
                ax, points, field, factor if seconds else factor / _MB, number
            )
            for number, (name, points) in enumerate(lines.items())
        }
        points = next(iter(lines.values()))
        _finish(ax, points, what, f"time, {note}" if seconds else f"memory of the {note}, MB")
        theme.label_ends(ax, drawn)
    return figure


def _label(name: str, points: Points, field: str) -> str:
    return f"{name}, $n^{{{power(points, field):.2f}}}$"


def _line(ax: Axes, points: Points, field: str, factor: float, number: int) -> Any:
    x, y = [point["x"] for point in points], [factor * point[field] for point in points]
    style: dict[str, Any] = {"ls": _STYLES[number], "marker": _MARKS[number], "ms": 4}
    return ax.plot(x, y, color=theme.CATEGORIES[number], **style)[0]


def _finish(ax: Axes, points: Points, below: str, beside: str) -> None:
    """Both axes logarithmic; ticks below at the sizes that were measured."""
    ax.set(xscale="log", yscale="log", xlabel=below, ylabel=beside)
    sizes = [point["x"] for point in points]
    ax.set_xticks(sizes, [f"{size:,.0f}" for size in sizes])
    ax.xaxis.set_minor_locator(NullLocator())
    low, high = ax.get_ylim()
    if high < 100 * low:
        ax.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
        ax.yaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_formatter(FuncFormatter(lambda value, _: theme.short_number(value)))
    ax.yaxis.set_minor_formatter(NullFormatter())

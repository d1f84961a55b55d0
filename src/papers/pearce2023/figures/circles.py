"""Marks on a unit circle that several figures share."""

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike
from pandas import DataFrame

from reprise.plotting import theme


def frame(ax: Axes, limit: float = 1.3) -> None:
    """Square axes without ticks, from -limit to limit."""
    ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def circle(ax: Axes, radius: float = 1.0) -> None:
    """A thin grey circle around the origin."""
    angle = np.linspace(0, 2 * np.pi, 361)
    ax.plot(radius * np.cos(angle), radius * np.sin(angle), color=theme.MUTED, lw=0.6, zorder=0.5)


def ray(ax: Axes, x: float, y: float, color: str, width: float = 1.6, style: str = "-") -> None:
    """A line from the origin to (x, y)."""
    ax.plot([0, x], [0, y], color=color, lw=width, ls=style, solid_capstyle="round")


def double_angles(
    ax: Axes, inward: np.ndarray, outward: np.ndarray, colors: list[str]
) -> np.ndarray:
    """Angles out against in (degrees), the line of twice the angle dashed; how far off each is."""
    for start in (0, 180):
        ax.plot([start, start + 180], [0, 360], color=theme.THEORY, lw=1, ls="--")
    ax.scatter(inward, outward, s=22, c=colors, zorder=3)
    ticks = [0, 90, 180, 270, 360]
    ax.set(xlim=(0, 360), ylim=(0, 360), xticks=ticks, yticks=ticks, aspect="equal")
    return np.asarray(np.abs((outward - 2 * inward + 180) % 360 - 180))


def name_neurons(ax: Axes, rows: DataFrame, near: float, color: str) -> None:
    """Write the neurons of ``rows`` (cos, sin, neuron) beyond their points.

    Those closer than ``near`` to the first of a group share its label: ``9, 12``.
    """
    points, groups = rows[["cos", "sin"]].to_numpy(), list[list[int]]()
    for place, point in enumerate(points):
        close = (g for g in groups if np.linalg.norm(points[g[0]] - point) <= near)
        group = next(close, None)
        if group is None:
            groups.append([place])
        else:
            group.append(place)
    first = points[[group[0] for group in groups]]
    neurons = rows["neuron"].tolist()
    names = [", ".join(str(neurons[place]) for place in group) for group in groups]
    write_outside(ax, first[:, 0], first[:, 1], names, color)


def write_outside(ax: Axes, x: ArrayLike, y: ArrayLike, texts: list[str], color: str) -> None:
    """Write each text radially beyond its point."""
    for px, py, text in zip(np.ravel(x), np.ravel(y), texts, strict=True):
        norm = np.hypot(px, py) or 1.0
        side = np.sign(px) if abs(px) > 0.8 * norm else 0
        ax.annotate(
            text,
            (px, py),
            xytext=((6 if side else 9) * px / norm, 9 * py / norm),
            textcoords="offset points",
            ha={-1: "right", 0: "center", 1: "left"}[int(side)],
            va="center",
            fontsize=7.5,
            color=color,
            annotation_clip=False,
        )

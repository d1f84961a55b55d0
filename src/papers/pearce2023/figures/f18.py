"""F18: output weights of each frequency beside its input weights, and their phases."""

from collections.abc import Mapping

import numpy as np
from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures import circles
from papers.pearce2023.figures.f17 import describe, draw_polygon, frame
from papers.pearce2023.figures.main_network import MATRICES, group_color, largest_groups
from reprise.plotting import theme
from reprise.plotting.numbers import number

INSIDE = 0.7
"""A neuron whose output vector is shorter than this share of its group's median is named."""
NEAR = 0.15
"""Neurons closer than this share of the longest vector have one label."""


def stars_out(tables: Mapping[str, DataFrame]) -> Figure:
    """F18: numbered neurons of each frequency at the end, joined in input phase; phases below."""
    table = tables["main_vectors"]
    end = table[table["step"] == table["step"].max()]
    groups, _ = largest_groups(end)
    columns = max(len(groups), 1)
    panel = theme.WIDTH_IN["wide"] / max(columns, 3)
    figure, axes = theme.figure("wide", 0.7 + 2.9 * panel, nrows=3, ncols=columns, squeeze=False)
    errors, short = [np.zeros(0)], []
    for column, frequency in enumerate(groups):
        color = group_color(groups, frequency)
        own = end[end["frequency"] == frequency].sort_values("position")
        angles = []
        for ax, matrix in zip(axes[:2, column], MATRICES, strict=True):
            rows = own[own["matrix"] == matrix]
            draw_polygon(ax, rows, color)
            size = np.hypot(rows["cos"], rows["sin"])
            circles.name_neurons(ax, rows, NEAR * size.max(), color)
            frame(ax, end[end["matrix"] == matrix], 1.45)
            angles.append(np.rad2deg(np.arctan2(rows["sin"], rows["cos"])).to_numpy() % 360)
            if matrix == MATRICES[1]:
                short += rows.loc[size < INSIDE * size.median(), "neuron"].tolist()
        inward, outward = angles
        colors = [color] * len(inward)
        errors.append(circles.double_angles(axes[2, column], inward, outward, colors))
        axes[0, column].set_title(describe(end, frequency), fontsize=8.5)
        axes[2, column].set_xlabel("input phase (°)")
    for ax, text in zip(axes[:, 0], (*MATRICES, "output phase (°)"), strict=True):
        ax.set_ylabel(text)
    _say(figure, np.concatenate(errors), short)
    return figure


def _say(figure: Figure, errors: np.ndarray, short: list[int]) -> None:
    if not len(errors):
        return
    theme.say(
        figure,
        f"Dashed: output phase twice the input phase; neurons are {number(np.median(errors), 2)}° "
        f"off it in the median, {number(errors.max(), 2)}° at most.",
    )
    if short:
        names = ", ".join(str(neuron) for neuron in short)
        verb = "lie" if len(short) > 1 else "lies"
        theme.say(figure, f"Well inside the ring of its frequency {verb} neuron {names}.")

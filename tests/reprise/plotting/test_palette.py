"""Colours stay apart for readers with colour-vision deficiencies and legible on white paper."""

from itertools import combinations, pairwise

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_hex, to_rgb

from reprise.plotting import theme

# Machado, Oliveira and Fernandes 2009, severity 1.0, for linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def linear(color: str) -> np.ndarray:
    channel = np.array(to_rgb(color))
    return np.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = TO_XYZ @ np.clip(rgb, 0, 1) / (TO_XYZ @ np.ones(3))
    root = np.where(xyz > (6 / 29) ** 3, np.cbrt(xyz), xyz / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def distance(one: str, other: str, vision: str) -> float:
    matrix = VISION[vision]
    return float(np.linalg.norm(lab(matrix @ linear(one)) - lab(matrix @ linear(other))))


def contrast_on_white(color: str) -> float:
    return 1.05 / (float(TO_XYZ[1] @ linear(color)) + 0.05)


def test_colour_arithmetic_meets_known_values():
    assert contrast_on_white("#000000") == pytest.approx(21, abs=0.01)
    assert contrast_on_white("#767676") == pytest.approx(4.54, abs=0.01)
    assert lab(linear("#FF0000")) == pytest.approx([53.24, 80.09, 67.20], abs=0.05)
    assert distance("#FF0000", "#00FF00", "deuteranopia") < distance("#FF0000", "#00FF00", "normal")


@pytest.mark.parametrize("vision", VISION)
@pytest.mark.parametrize(
    ("colors", "least"),
    [
        ([theme.TRAIN, theme.TEST, theme.HIGHLIGHT, theme.THEORY, theme.MUTED], 25),
        (list(theme.CLASSES.values()), 25),
        (list(theme.CATEGORIES), 15),
    ],
    ids=["roles", "classes", "categories"],
)
def test_colours_that_meet_in_a_figure_differ(colors, least, vision):
    close = {
        pair: round(distance(*pair, vision), 1)
        for pair in combinations(colors, 2)
        if distance(*pair, vision) < least
    }
    assert not close


@pytest.mark.parametrize("name", ["TRAIN", "TEST", "THEORY", "REFERENCE"])
def test_colours_of_labels_are_legible_as_small_text(name):
    assert contrast_on_white(getattr(theme, name)) >= 4.5


@pytest.mark.parametrize("color", [theme.HIGHLIGHT, *theme.CATEGORIES])
def test_colours_of_lines_stand_out_from_paper(color):
    assert contrast_on_white(color) >= 2.2


def test_positive_weights_are_red_and_negative_blue():
    weights = matplotlib.colormaps[theme.WEIGHTS]
    red, _, blue, _ = weights(0.8)
    assert red > 0.7 > 0.5 > blue
    red, _, blue, _ = weights(0.2)
    assert blue > 0.7 > 0.5 > red
    assert min(weights(0.5)[:3]) > 0.95


def test_ordered_colours_darken():
    light, dark = (sum(color) for color in (theme.ordered(5)[0], theme.ordered(5)[-1]))
    assert light > 1.5 > 1 > dark


def test_ordered_colours_stay_apart():
    for count in (3, 4, 5, 6):
        colors = [to_hex(color) for color in theme.ordered(count)]
        near = [distance(one, next_, "normal") for one, next_ in pairwise(colors)]
        assert min(near) > 10, (count, near)

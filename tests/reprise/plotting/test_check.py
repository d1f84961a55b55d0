"""A picture says of itself what a reader would stumble over: clipped lines, cut texts."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.collections import LineCollection

from reprise.plotting import theme
from reprise.plotting.check import FigureFault, _of_numbers, faults, show_edges
from reprise.plotting.numbers import number, percent
from reprise.plotting.render import render


@pytest.fixture
def axes():
    with theme.apply():
        figure, ax = theme.figure()
        yield ax
    figure.clear()


def found(ax):
    ax.figure.draw_without_rendering()
    return faults(ax.figure)


def test_a_figure_without_faults_has_none(axes):
    axes.plot([0, 1, 2], [1, 2, np.nan], "o-")
    axes.scatter([0, 1], [1, 2])
    axes.axhline(50)
    axes.set(title="Loss", xlabel="training step")
    assert found(axes) == []


def test_a_line_beyond_the_limits_is_told_with_its_name(axes):
    axes.plot([0, 1], [1, 2])
    axes.plot([0, 1, 2, 3], [1, 20, 30, 40], label="no in-projection")
    axes.set(ylim=(0, 3), title="Loss")
    assert found(axes) == ["'Loss': 3 of 4 points of 'no in-projection' lie beyond the limits"]


def test_dots_beyond_the_limits_are_told_on_a_log_axis_too(axes):
    axes.set(yscale="log", ylim=(1e-3, 1), ylabel="error")
    axes.scatter([1, 2, 3], [0, 1e-5, 1e-6])
    assert found(axes) == ["'error': 2 of 2 points of dots lie beyond the limits"]


def test_a_bundle_of_lines_counts_as_lines(axes):
    lines = [[(0, 1), (1, 2)], np.zeros((0, 2)), [(0, 2), (1, 9)]]
    axes.add_collection(LineCollection(lines))
    axes.set(xlim=(0, 1), ylim=(0, 3), title="Weights")
    assert found(axes) == ["'Weights': 1 of 4 points of lines lie beyond the limits"]


def test_a_curve_may_leave_axes_that_say_so_but_not_with_most_of_it(axes):
    axes.plot([0, 1, 2, 3], [9, 1, 2, 3])
    theme.cut(axes, 0, 4, "Losses begin above the axis.")
    assert found(axes) == [] and axes.figure.get_label() == "Losses begin above the axis."
    axes.plot([0, 1, 2, 3], [9, 8, 7, 1], label="test")
    (fault,) = found(axes)
    assert "3 of 4 points of 'test'" in fault


def test_a_text_that_leaves_the_page_is_told(axes):
    axes.figure.text(0.9, 0.5, "a label that is much too long for the place")
    assert any("cut off" in fault for fault in found(axes))


def test_text_too_small_to_read_is_told_on_axes_as_well(axes):
    axes.text(0.5, 0.5, "article", fontsize=5)
    axes.set_xticks([0, 1], ["none", "all"], fontsize=6)
    assert found(axes) == [
        "'article' is 5 pt large, less than 6.5 pt",
        "'all' is 6 pt large, less than 6.5 pt",
    ]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("< .021", "zero"),
        ("1% right", "percent"),
        ("step 1200", "comma"),
        ("step 1.2k", "letter"),
        ("cosine -0.02", "hyphen"),
    ],
)
def test_numbers_of_another_form_are_told_in_and_below_the_picture(axes, text, wrong):
    axes.set_title(text)
    assert [wrong in fault for fault in found(axes)] == [True]
    axes.set_title("")
    theme.say(axes.figure, text)
    assert [wrong in fault for fault in found(axes)] == [True]


@given(st.floats(-1e12, 1e12), st.floats(0, 1))
def test_numbers_of_our_own_have_that_form(value, share):
    assert _of_numbers(f"{number(value)} and {number(value, 2)}, {percent(share)}") == []


@pytest.mark.parametrize("text", ["v1.2.3", "0-2", "GPT-2, 350M", "$-1$", "10 to 20", "1e-6"])
def test_what_only_looks_like_another_form_is_none(text):
    assert _of_numbers(text) == []


def test_marks_on_the_edge_are_drawn_whole_and_lines_that_leave_stay_clipped(axes):
    (inside,) = axes.plot([0, 1], [0, 1], "o")
    (leaving,) = axes.plot([0, 1, 2], [0, 0.5, 5])
    dots = axes.scatter([0, 1], [0, 1])
    axes.set(xlim=(0, 2), ylim=(0, 1))
    show_edges(axes.figure)
    assert [artist.get_clip_on() for artist in (inside, leaving, dots)] == [False, True, False]


def test_what_is_said_of_a_figure_stands_in_the_picture_and_faults_are_warned_of(axes):
    axes.plot([0, 1], [1, 2])
    plain = render(axes.figure, "scale smoke")
    theme.say(axes.figure, "One of ten seeds goes through all phases.")
    theme.say(axes.figure, "Shown: seed 3.")
    assert axes.figure.get_label() == "One of ten seeds goes through all phases. Shown: seed 3."
    told = render(axes.figure, "scale smoke")
    assert told["svg"] != plain["svg"]
    assert told == render(axes.figure, "scale smoke")
    axes.set_ylim(5, 6)
    with pytest.warns(FigureFault, match="beyond the limits"):
        render(axes.figure, "scale smoke")

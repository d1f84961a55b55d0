"""A picture says of itself what a reader would stumble over: hidden lines, cut texts."""

import numpy as np
import pytest

from reprise.plotting import theme
from reprise.plotting.check import FigureFault, faults, show_edges
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


def test_a_text_that_leaves_the_page_is_told(axes):
    axes.figure.text(0.9, 0.5, "a label that is much too long for the place")
    assert any("cut off" in fault for fault in found(axes))


@pytest.mark.parametrize(
    ("text", "bare"), [("< .021", True), ("0.021, 1.5k", False), ("v1.2.3", False)]
)
def test_numbers_have_a_zero_before_the_point(axes, text, bare):
    axes.set_title(text)
    assert any("zero" in fault for fault in found(axes)) == bare


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

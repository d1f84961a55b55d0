"""The theme holds inside its block only, whatever the user has configured."""

from itertools import pairwise

import matplotlib
import numpy as np
import pytest

from reprise.plotting import theme


def test_theme_ends_with_its_block():
    before = dict(matplotlib.rcParams)
    with theme.apply():
        assert matplotlib.rcParams["font.family"] == ["DejaVu Sans"]
        assert not matplotlib.rcParams["axes.spines.top"]
        assert matplotlib.rcParams["axes.prop_cycle"].by_key()["color"] == list(theme.CATEGORIES)
    assert dict(matplotlib.rcParams) == before


def test_theme_ends_with_its_block_when_a_figure_fails():
    before = dict(matplotlib.rcParams)
    with pytest.raises(ZeroDivisionError), theme.apply():
        raise ZeroDivisionError
    assert dict(matplotlib.rcParams) == before


def test_theme_ignores_the_settings_of_the_user():
    with theme.apply():
        ours = dict(matplotlib.rcParams)
    strange = {"lines.marker": "x", "axes.grid": True, "font.size": 30, "lines.linewidth": 9}
    with matplotlib.rc_context(strange), theme.apply():
        assert dict(matplotlib.rcParams) == ours


@pytest.mark.parametrize(("width", "inches"), [("column", 6.4), ("wide", 7.2)])
def test_figure_has_the_width_of_its_column(width, inches):
    with theme.apply():
        figure, axes = theme.figure(width, 3, nrows=2, ncols=3, sharex=True)
    assert figure.get_size_inches() == pytest.approx([inches, 3])
    assert axes.shape == (2, 3)
    assert axes[0, 0].get_shared_x_axes().joined(axes[0, 0], axes[1, 0])
    assert type(figure.get_layout_engine()).__name__ == "ConstrainedLayoutEngine"


def test_figure_gives_a_single_axes_as_such():
    figure, ax = theme.figure()
    assert ax.figure is figure
    assert figure.get_size_inches() == pytest.approx([6.4, 4])


def test_ordered_colours_are_distinct_and_monotone_in_lightness():
    colors = theme.ordered(6)
    assert len(colors) == 6
    lightness = [float(np.dot(color, [0.2126, 0.7152, 0.0722])) for color in colors]
    assert all(a > b + 0.05 for a, b in pairwise(lightness))

"""F18 joins neighbours in input phase, which gives a star."""

import numpy as np

from papers.pearce2023.figures.f18 import stars_out
from reprise.plotting import theme


def test_stars_join_neighbours_in_input_phase(grokked):
    with theme.apply():
        figure = stars_out(grokked)
    outputs_of_first = figure.axes[3]
    line = next(one for one in outputs_of_first.lines if len(one.get_xdata()) == 6)
    turns = np.unwrap(np.arctan2(line.get_ydata(), line.get_xdata()))
    # Five neurons at twice the angle: each step is 144 degrees, two rounds in all.
    np.testing.assert_allclose(np.abs(np.diff(np.rad2deg(turns))), 144, atol=0.1)
    assert "output phase twice the input phase" in figure.get_label()

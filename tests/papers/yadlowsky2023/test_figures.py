"""Figures can be drawn at any scale, hide nothing, and say where networks have not learned."""

import numpy as np
import pytest
from untrained_paper import PAPER, entry

from papers.yadlowsky2023.figures.style import say_gate
from reprise.plotting import theme
from reprise.plotting.render import render


@pytest.mark.parametrize(
    "name", ["fig1", "fig2a", "fig3b", "fig4", "fig5", "fig6", "nearest-class", "counter-example"]
)
def test_a_figure_of_untrained_networks_has_no_faults(untrained, name):
    spec = PAPER.figures[name]
    with theme.apply():
        figure = entry(spec.entry)({table: untrained[table] for table in spec.tables})
    # A fault is a warning, and warnings are errors.
    assert render(figure, "scale smoke")["svg"]


def test_the_sine_drawn_as_truth_is_that_of_the_context(untrained):
    rows = untrained["frequency_examples"]
    slow = rows[rows["frequency"] == rows["frequency"].min()]
    parts = {part: own.sort_values("x") for part, own in slow.groupby("part")}
    truth, context = parts["truth"], parts["context"]
    between = np.interp(context["x"], truth["x"], truth["value"])
    assert between == pytest.approx(context["value"].to_numpy(), abs=1e-3)


@pytest.mark.parametrize(("ratios", "told"), [([0.5, 1.4], ""), ([0.5, 7.0], "is 3.75 times")])
def test_a_gate_is_told_where_it_is_not_met(ratios, told):
    with theme.apply():
        figure, _ = theme.figure()
    say_gate(figure, ratios, "the error")
    assert (told in figure.get_label()) if told else figure.get_label() == ""

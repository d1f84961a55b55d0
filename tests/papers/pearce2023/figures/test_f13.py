"""F13 says how well the out-angles double the in-angles."""

from five_neuron_runs import pentagons, tables_of

from papers.pearce2023.figures.f13 import five_neuron_star
from reprise.plotting import theme


def test_star_writes_the_worst_doubling_error():
    with theme.apply():
        figure = five_neuron_star(tables_of(pentagons()))
    assert "12.0°" in figure.get_label()

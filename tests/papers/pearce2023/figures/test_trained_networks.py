"""Every figure of a network can be drawn where it learned what it should.

Networks of the smoke scale learn nothing, so that events, groups and pentagons are missing there.
"""

import importlib

import five_neuron_runs
import parity_runs
import pytest
import reverse_runs

from reprise.graph.build import build
from reprise.jobs.make import shown_seeds
from reprise.plotting import theme
from reprise.specs.load import Config

FIGURES = {
    node.name.partition("-")[0]: node.spec
    for node in build(Config(scale="smoke", papers=["pearce2023"])).nodes.values()
    if node.kind == "figure"
}


@pytest.fixture(scope="module")
def tables(grokked):
    return {
        **grokked,
        **parity_runs.tables_of(parity_runs.three_seeds()),
        **five_neuron_runs.tables_of(five_neuron_runs.pentagons()),
        **reverse_runs.reverse_tables(reverse_runs.reversed_run()),
        **reverse_runs.generalise_again_tables(),
    }


@pytest.mark.parametrize(
    "name",
    "F1 F2 F3 F14 F15 F16 F17 F18 F19 F4 F5 F6 F7 F7b F10 F11 F12 F22 F23 F24 F25".split(),
)
def test_figure_of_a_trained_network(tables, name):
    module, _, draw = FIGURES[name]["entry"].partition(":")
    with theme.apply():
        figure = getattr(importlib.import_module(f"papers.pearce2023.{module}"), draw)(tables)
    assert all(ax.has_data() for ax in figure.axes if ax.get_visible())
    used = {table: tables[table] for table in FIGURES[name]["tables"] if table in tables}
    assert shown_seeds(used), "nothing tells which seed is drawn"

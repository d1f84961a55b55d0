"""Every figure of answers and measures draws whatever there is of tasks, controls and layers."""

from importlib import import_module

import made_up_answers
import pytest
from made_up_tables import momentum_tables, tables

from reprise.graph.build import build
from reprise.plotting import theme
from reprise.specs.config import Config

ENTRIES = {
    node.name: node.spec["entry"].split(":")
    for node in build(Config(scale="smoke", papers=["dai2022"])).nodes.values()
    if node.kind == "figure" and node.name not in {"theory", "language_rates"}
}


@pytest.fixture(scope="module")
def little():
    """Two tasks, one comparison, one order, two layers and one query with attention orders."""
    data = made_up_answers.datasets(tasks=("sst2", "cb"), comparisons=("untrained",))
    return tables({name: _few(own) for name, own in data.items()}) | momentum_tables()


def _few(arrays):
    """The first six queries, order and layers."""
    found = dict(arrays)
    for name, values in arrays.items():
        kind, *rest = name.split(".")
        queries = 1 if "kendall" in name else 6
        if kind == "main":
            found[name] = values[:1, :queries, :2]
        elif kind == "rates":
            found[name] = values[:, :1, :queries, : None if rest == ["ft"] else 2]
        elif kind == "controls":
            found[name] = values[:queries, : None if rest[-1] in ("icl", "ft") else 2]
        elif kind in ("icl", "ft"):
            found[name] = values[:1, :6]
        elif kind in ("zsl", "icl_second", "labels"):
            found[name] = values[:6]
    return found


def drawn(name, made):
    module, function = ENTRIES[name]
    with theme.apply():
        return getattr(import_module(f"papers.dai2022.{module}"), function)(made)


@pytest.mark.parametrize("name", ENTRIES)
def test_figure_with_little(little, name):
    assert any(ax.has_data() for ax in drawn(name, little).axes)


def test_a_measure_does_without_controls(whole):
    few = {name: table for name, table in whole.items() if name != "controls"}
    texts, fewer = (
        {text.get_text() for text in drawn("simaou", made).legends[0].get_texts()}
        for made in (whole, few)
    )
    assert texts - fewer == {"untrained network", "untrained, not normalised"}

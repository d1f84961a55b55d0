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
    """Two tasks, two comparisons, two layers and one query with attention orders."""
    data = made_up_answers.datasets(tasks=("sst2", "cb"), comparisons=("main", "rate0"))
    for name, arrays in data.items():
        if name.startswith("measures"):
            for each, values in arrays.items():
                if (
                    each.removeprefix("controls.").split(".")[0] in {"main", "rate0"}
                    and values.ndim == 2
                ):
                    shown = values[:1] if "kendall" in each else values[:6]
                    arrays[each] = shown[:, :2] if "_" in each or "." in each[5:] else shown
            arrays.update(_first(arrays, 6))
    return tables(data) | momentum_tables()


def _first(arrays, count):
    """Labels and answers of the first queries."""
    found = {name: arrays[name][:count] for name in ("labels", "controls.labels")}
    for name, values in arrays.items():
        if name.startswith("controls.order."):
            found[name] = values[:, :count]
        elif name.endswith((".log_probs", ".ft", ".icl")):
            found[name] = values[:count]
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

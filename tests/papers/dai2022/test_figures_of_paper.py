"""Every figure draws whatever there is."""

from importlib import import_module

import made_up_answers
import numpy as np
import pytest
from made_up_tables import momentum_tables, tables

from papers.dai2022.figures import grid
from reprise.plotting import theme
from reprise.plotting.render import render

FIGURES = {
    "table1": "paper_tables:accuracy",
    "table2": "paper_tables:recovery",
    "table3": "paper_tables:simaou",
    "table4": "paper_tables:simam",
    "table5": "paper_tables:kendall",
    "table6": "momentum:perplexities",
    "table7": "momentum:few_shot",
    "accuracy": "accuracy:accuracy",
    "recovery": "measures:recovery",
    "simaou": "measures:simaou",
    "simam": "measures:simam",
    "kendall": "measures:kendall",
    "layers": "layers:layers",
    "controls": "controls:controls",
    "positions": "positions:positions",
    "search": "search:search",
    "orders": "orders:orders",
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
    module, function = FIGURES[name].split(":")
    draw = getattr(import_module(f"papers.dai2022.figures.{module}"), function)
    with theme.apply():
        return render(draw(made), "smoke")["svg"]


@pytest.mark.parametrize("name", list(FIGURES))
def test_figures_render(whole, name):
    assert 20_000 < len(drawn(name, whole)) < 300_000


@pytest.mark.parametrize("name", list(FIGURES))
def test_figures_render_with_little(little, name):
    assert len(drawn(name, little)) > 5_000


def test_figures_of_measures_do_without_controls(whole):
    few = {name: table for name, table in whole.items() if name != "controls"}
    assert len(drawn("simaou", few)) < len(drawn("simaou", whole))


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (-0.0004, ".3f", "0.000"),
        (-0.01, ".2f", "−0.01"),
        (7600.0, ",.0f", "7,600"),
        (-1234.4, ",.0f", "−1,234"),
        (np.nan, ".1f", "–"),
    ],
)
def test_numbers_are_set_well(value, form, text):
    assert grid.number(value, form) == text

"""Every figure of answers and measures draws whatever there is of tasks, controls and layers."""

from importlib import import_module

import made_up_answers
import pytest
from made_up_tables import momentum_tables, tables
from matplotlib.text import Text

from papers.dai2022.datasets.model_and_texts import describe
from papers.dai2022.figures.grid import PALE
from papers.dai2022.tables.model_and_texts import model_and_texts
from reprise.graph.build import build
from reprise.plotting import theme
from reprise.results import Inputs
from reprise.specs.load import Config

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
    words, fewer = (
        {text.get_text() for text in drawn("simaou", made).legends[0].get_texts()}
        for made in (whole, few)
    )
    assert words - fewer == {"untrained layers", "untrained layers, not normalised"}


def texts(figure):
    return {text.get_text() for text in figure.findobj(Text)}


def test_tables_name_the_model_and_the_texts(whole):
    figure = drawn("table1", whole)
    assert "→ BBC news" in texts(figure)
    assert figure.get_label() == "Model: SmolLM2-135M-Instruct."


def test_own_data_sets_have_no_stand_ins(whole):
    own = {"model": "folder", "checkpoint": "/models/mine", "texts": "/texts"}
    made = model_and_texts(Inputs(datasets={"materials": describe(own, 0)}))
    assert drawn("simaou", whole | {"model_and_texts": made}).get_label() == "Model: mine."


def test_few_shot_accuracies_stand_beside_guessing_alone(whole):
    table = whole["paper_table7"].copy()
    still = (table["row"] == "vanilla") & (table["column"] == "mr")
    table.loc[still, ["value", "low", "high"]] = 52.5
    figure = drawn("table7", whole | {"paper_table7": table})
    shown = {text.get_text(): text for text in figure.findobj(Text)}
    assert {"guessing", "20.0"} <= set(shown)  # SST5 has five labels
    assert not any("54.7" in text for text in shown)  # the paper's mean, of other tasks
    assert shown["52.5"].get_color() == PALE


def test_a_mark_without_an_interval_is_pale(whole):
    table = whole["recovery"].copy()
    still = table["quantity"] == "rec2ftp"
    table.loc[still, ["value", "low", "high"]] = 100.0
    ax = drawn("recovery", whole | {"recovery": table}).axes[0]
    (over,) = (line for line in ax.lines if line.get_color() == "white")
    assert set(over.get_ydata()) == {100.0}


def test_a_control_of_one_task_is_hollow(whole):
    table = whole["controls"]
    one = (table["comparison"] != "ascent") | table["task"].isin(["mr", "mean"])
    figure = drawn("controls", whole | {"controls": table[one]})
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    place = names.index("gradient ascent, n = 1")
    assert "untrained layers, embeddings, n = 6" in names
    marks = {
        line.get_ydata()[0]: line.get_markerfacecolor()
        for line in figure.axes[0].lines
        if line.get_marker() == "D" and len(line.get_ydata())
    }
    assert [at for at, color in marks.items() if color == "white"] == [place]

"""Every network of a paper has its curve, under a name that a reader knows."""

import importlib

import pandas as pd
import pytest

from papers.shared.learning_curve_figure import learning_curve_figure
from reprise.plotting import theme
from reprise.specs.load import SCALES, Config, load_paper


@pytest.mark.parametrize("paper", ["vonoswald2023", "yadlowsky2023"])
def test_every_run_has_a_panel(paper):
    panels = importlib.import_module(f"papers.{paper}.figures.training").PANELS
    named = [run for runs in panels.values() for run in runs]
    made = {run for s in SCALES for run in load_paper(paper, Config(scale=s)).tables["losses"].runs}
    assert sorted(named) == sorted(made)


def curves(rows):
    return pd.DataFrame(
        [(run, member, label, step, loss / (1 + step)) for run, member, label, loss in rows
         for step in (0, 10)],
        columns=["run", "member", "label", "step", "test_loss"],
    )  # fmt: skip


def test_a_run_has_its_colour_and_a_unit_its_axis():
    rows = [
        ("mine", 0, "nu=0.0", 2.0), ("mine", 1, "nu=3.0", 1.0),
        ("wide", 0, "width=2.0", 1.0), ("wide", 1, "width=8.0", 1.0), ("words", 0, "", 3.0),
    ]  # fmt: skip
    panels = {"A": {"mine": "mesa"}, "B": {"wide": ""}, "C": {"words": ""}}
    with theme.apply():
        figure = learning_curve_figure(
            curves(rows),
            panels,
            colors={"mine": "red"},
            ordered=["B"],
            units={"mine": "square", "wide": "square", "words": "nats"},
            settings={"nu": "ν ="},
        )
    first, second, third, _ = figure.axes
    looks = [(line.get_label(), line.get_color(), line.get_linestyle()) for line in first.lines]
    assert looks == [("mesa, ν = 0", "red", "-"), ("mesa, ν = 3", "red", "--")]
    assert [line.get_color() for line in second.lines] == theme.ordered(2)
    assert [ax.get_ylabel() for ax in (first, second, third)] == ["square", "square", "nats"]
    shared = first.get_shared_y_axes()
    assert shared.joined(first, second)
    assert not shared.joined(first, third)


def test_settings_have_lines_and_another_kind_of_loss_a_panel_of_its_own():
    rows = [
        ("main", 0, "seed=0", 2.0),
        ("main", 1, "seed=1", 1.0),
        ("other", 0, "seed=0 output=mean", 1.0),
        ("other", 1, "seed=0 output=histogram", -1.0),
        ("wide", 0, "seed=0 width=2.0", 1.0),
        ("wide", 1, "seed=0 width=8.0", 1.0),
    ]
    panels = {
        "First": {"main": "small", "wide": "large", "absent": "none"},
        "Second": {"other": ""},
    }
    with theme.apply():
        figure = learning_curve_figure(curves(rows), panels)
    drawn = [ax for ax in figure.axes if ax.lines]
    assert [ax.get_title(loc="left") or ax.get_title() for ax in drawn] == [
        "First", "Second, output mean", "Second, output histogram",
    ]  # fmt: skip
    names = [text.get_text() for text in drawn[0].get_legend().get_texts()]
    assert names == ["small", "large, width 2", "large, width 8"]
    assert [line.get_color() for line in drawn[0].lines[:2]] == [theme.CATEGORIES[0]] * 2
    assert [ax.get_yscale() for ax in drawn] == ["log", "log", "linear"]

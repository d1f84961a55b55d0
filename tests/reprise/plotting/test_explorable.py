"""Charts with controls, moved in a real browser as a reader moves them."""

import json
import re

import altair as alt
import explored as on_page
import pandas as pd
import pytest

from reprise.plotting import explorable, theme

ROWS = pd.DataFrame(
    {
        "step": [step for step in (0, 10, 20, 30) for _ in "ab"],
        "name": list("ab") * 4,
        "value": [1.5, 2.5, 3.5, 4.5, 5.5, 6.5, 7.5, 8.5],
    }
)
LOOKS = {"a": explorable.Look(theme.TRAIN), "b": explorable.Look(theme.TEST)}
SAID = "Values at a step."


def panel(rows=ROWS, title="values"):
    chart = alt.Chart(explorable.data(rows), title=title).transform_filter("datum.step == step")
    chart = chart.transform_filter("kind == 'both' || datum.name == kind")
    x, y = alt.X("step:Q", title="x"), alt.Y("value:Q", title="y")
    points = chart.mark_point().encode(x, y, explorable.looks(LOOKS)["color"])
    return alt.layer(explorable.here("step", "x").transform_filter("line"), points)


def controls():
    return [
        explorable.slider("step", "the step", [0, 10, 20, 30], 10),
        explorable.choice("kind", "the kind", {"both": "both", "a": "a", "b": "b"}, "both"),
        explorable.switch("line", "a line"),
    ]


def markup(panels=1, **changed):
    return explorable.markup([panel(**changed) for _ in range(panels)], controls(), SAID)


def drawn(page):
    return sorted(row["y"] for row in on_page.numbers(page, "point"))


def rules(page):
    return page.evaluate(
        "document.querySelectorAll('.explorable .mark-rule.role-mark line').length"
    )


def test_equal_tables_give_equal_markup():
    assert markup() == markup()


def test_text_from_a_table_cannot_end_the_data():
    hostile = ROWS.assign(name="</script><b>")
    html = markup(rows=hostile, title="</script>")
    assert html.count("</script>") == 1
    inside = re.search(r'json">(.*?)</script>', html)[1]
    assert json.loads(inside)["description"] == SAID


def test_a_slider_needs_even_steps():
    with pytest.raises(ValueError, match="'the step' needs evenly spaced values"):
        explorable.slider("step", "the step", [0, 1, 3], 0)
    with pytest.raises(ValueError, match="evenly spaced"):
        explorable.slider("step", "the step", [1], 1)


def test_thinning_keeps_the_first_value_and_at_most_so_many():
    frame = pd.DataFrame({"step": range(10)})
    assert explorable.thin(frame, "step", 4)["step"].tolist() == [0, 3, 6, 9]
    assert explorable.thin(frame, "step", 20)["step"].tolist() == list(range(10))


@pytest.mark.chromium
def test_a_reader_with_a_keyboard_alone_moves_every_control(explored):
    page = explored([markup()])
    assert drawn(page) == [3.5, 4.5]
    focused = []
    for _ in range(3):
        page.press("Tab")
        focused.append(page.evaluate("document.activeElement.name"))
    assert focused == ["step", "kind", "line"]
    assert page.evaluate(
        "[...document.querySelectorAll('input, select')].map(e => e.labels[0].textContent.trim())"
        ".every(Boolean)"
    )

    on_page.focus(page, "step")
    page.press("ArrowRight")
    page.wait("document.querySelector('[name=step]').value === '20'")
    assert drawn(page) == [5.5, 6.5]

    on_page.focus(page, "kind")
    page.press("ArrowDown")
    page.wait("document.querySelector('[name=kind]').value === 'a'")
    assert drawn(page) == [5.5]

    before = rules(page)
    on_page.focus(page, "line")
    page.press(" ")
    page.wait("!document.querySelector('[name=line]').checked")
    assert rules(page) < before


@pytest.mark.chromium
def test_panels_stand_below_one_another_on_a_telephone_and_choices_stay(explored):
    page = explored([markup(panels=3)])
    page.resize(1200)
    page.wait("document.querySelector('.explorable svg').clientWidth > 800")
    on_page.focus(page, "step")
    page.press("End")
    page.resize(390)
    page.wait("document.querySelector('.explorable svg').clientWidth < 390")
    page.wait("document.querySelector('[name=step]').value === '30'")
    assert drawn(page) == [7.5, 7.5, 7.5, 8.5, 8.5, 8.5]
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    stage = "document.querySelector('.explorable')"
    assert page.evaluate(f"{stage}.scrollWidth <= {stage}.clientWidth")


@pytest.mark.chromium
def test_charts_are_read_in_the_dark_and_left_out_of_print(explored):
    page = explored([markup()])
    page.prefer("dark")
    style = "getComputedStyle(document.querySelector('.explorable'))"
    assert page.evaluate(f"{style}.backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate(f"{style}.color") == "rgb(38, 38, 38)"
    assert SAID in page.evaluate("document.querySelector('.explorable .stage').outerHTML")
    page.call("Emulation.setEmulatedMedia", media="print")
    assert page.evaluate(f"{style}.display") == "none"


@pytest.mark.chromium
def test_without_scripts_there_is_a_note_and_no_empty_box(browser, tmp_path):
    path = on_page.write(tmp_path, [markup()])
    path.write_text(re.sub(r'<script src="[^"]*" defer></script>', "", path.read_text("utf-8")))
    page = browser.page(path)
    assert page.evaluate("document.querySelector('.explorable').hidden")
    assert "The controls need scripts" in page.evaluate(
        "document.querySelector('noscript').textContent"
    )

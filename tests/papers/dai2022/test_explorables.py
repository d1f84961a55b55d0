"""What can be tried on the page, moved in a browser, from made-up arrays."""

import explored as on_page
import made_up_answers
import numpy as np
import pytest
from made_up_tables import make

from papers.dai2022.explorables import blocks


@pytest.fixture(scope="module")
def table(planted):
    return tables(planted)


def tables(datasets):
    made = {}
    make("control_layers", datasets, made)
    return made["control_layers"]


def test_a_control_stands_beside_the_same_queries(planted, table):
    arrays = planted["measures_mr"]
    control = np.asarray(arrays["controls.unrelated.simaou.label0"], float)
    main = np.asarray(arrays["main.simaou.label0"], float)[0, : len(control)]
    rows = table[
        (table["task"] == "mr")
        & (table["comparison"] == "unrelated")
        & (table["measure"] == "simaou")
    ]
    np.testing.assert_allclose(rows["value"], control.mean(axis=0), atol=1e-4)
    np.testing.assert_allclose(rows["main"], main.mean(axis=0), atol=1e-4)
    assert (rows["low"] < rows["value"]).all() and (rows["value"] < rows["high"]).all()
    assert rows["layer"].tolist() == list(range(1, made_up_answers.LAYERS + 1))


@pytest.mark.chromium
def test_controls_and_tasks_change_what_is_drawn(explored):
    some = made_up_answers.datasets(tasks=("sst2", "mr"), comparisons=("shuffled_ft", "unrelated"))
    other = made_up_answers.datasets(tasks=("mr",), comparisons=("unrelated",))
    table = tables(some | other)
    (block,) = blocks({"control_layers": table})
    page = explored([block.html])
    shown = "document.querySelectorAll('.explorable .mark-line.role-mark path[d]').length"
    absent = "not computed for this task"
    assert page.evaluate(shown) == 8, "four measures, two lines each"

    def paths():
        return page.evaluate(
            "[...document.querySelectorAll('.explorable .mark-line.role-mark path')]"
            ".map(e => e.getAttribute('d')).join()"
        )

    before = paths()
    on_page.focus(page, "control")
    page.press("ArrowDown")
    page.wait("document.querySelector('[name=control]').selectedIndex === 1")
    assert paths() != before
    on_page.focus(page, "task")
    page.press("ArrowDown")
    page.press("ArrowDown")
    page.wait("document.querySelector('[name=task]').selectedIndex === 2")
    on_page.focus(page, "control")
    page.press("ArrowUp")
    page.wait("document.querySelector('[name=control]').selectedIndex === 0")
    assert (
        page.evaluate("document.querySelector('.explorable .stage').textContent").count(absent) == 4
    )
    assert page.evaluate(shown) == 0

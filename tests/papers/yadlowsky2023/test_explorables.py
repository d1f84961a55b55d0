"""What can be tried on the page, moved in a browser, from untrained networks."""

import explored as on_page
import numpy as np
import pytest

from papers.yadlowsky2023.explorables import blocks


@pytest.fixture(scope="module")
def block(untrained):
    (made,) = blocks(untrained)
    return made


def shown(table, alpha, prompt):
    chosen = table[(table["part"] == "context") & (table["prompt"] == prompt)]
    return sorted(chosen.loc[np.isclose(chosen["alpha"], alpha), "value"])


def drawn(page):
    return sorted(row["y"] for row in on_page.numbers(page, "circle"))


def test_the_nearest_function_is_the_truth_at_both_ends(untrained):
    table = untrained["curve_weights"]
    for alpha, other in ((0.0, 1.0), (1.0, 0.0)):
        parts = dict(iter(table[table["alpha"] == alpha].groupby("part")))
        near, truth = parts["nearest"]["value"].to_numpy(), parts["truth"]["value"].to_numpy()
        np.testing.assert_allclose(near, truth, atol=2e-4)
        far = table[(table["alpha"] == other) & (table["part"] == "nearest")]["value"]
        assert np.abs(far.to_numpy() - truth).max() > 0.1
    middle = table[table["alpha"] == 0.5].pivot_table(
        index=["prompt", "x"], columns="part", values="value"
    )
    assert (middle["nearest"] - middle["truth"]).abs().max() > 0.1


@pytest.mark.chromium
def test_the_weight_and_the_prompt_change_what_is_drawn(untrained, block, explored):
    table = untrained["curve_weights"]
    page = explored([block.html])
    assert drawn(page) == pytest.approx(shown(table, 0.5, 0), abs=1e-3)
    on_page.focus(page, "alpha")
    page.press("ArrowRight")
    page.wait("document.querySelector('[name=alpha]').value === '0.55'")
    assert drawn(page) == pytest.approx(shown(table, 0.55, 0), abs=1e-3)
    on_page.focus(page, "prompt")
    page.press("ArrowDown")
    page.wait("document.querySelector('[name=prompt]').selectedIndex === 1")
    assert drawn(page) == pytest.approx(shown(table, 0.55, 1), abs=1e-3)
    lines = "".join(on_page.texts(page, "line mark"))
    assert all(
        name in lines for name in ("truth", "network", "exact Bayes", "nearest line or sine")
    )

"""What can be tried on the page, moved in a browser, from untrained networks."""

import sys
from pathlib import Path

import explored as on_page
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import linear_runs

from papers.vonoswald2023.explorables import blocks


@pytest.fixture(scope="module")
def tables():
    return {name: linear_runs.make(name) for name in ("linear_losses", "linear_probes")}


@pytest.fixture(scope="module")
def made(tables):
    return {block.figure: block for block in blocks(tables)}


@pytest.mark.chromium
def test_positions_and_theory_change_what_is_drawn(tables, made, explored):
    table = tables["linear_losses"]
    own = table[(table["source"] == "ours") & (table["quantity"] == "loss")]
    page = explored([made["fig4d"].html])
    on_page.focus(page, "t")
    page.press("End")
    last = int(own["t"].max())
    page.wait(f"document.querySelector('[name=t]').value === '{last}'")
    networks = own[own["model"].isin(["lsa1", "lsa2", "lsa4", "lsa6"])]
    expected = sorted(networks.loc[networks["t"] == last, "value"])
    dots = sorted(dot["squared error / 2"] for dot in on_page.numbers(page, "circle"))
    assert dots == pytest.approx(expected, rel=1e-3)

    with_theory = set(on_page.texts(page, "line mark"))
    on_page.focus(page, "theory")
    page.press(" ")
    page.wait("!document.querySelector('[name=theory]').checked")
    without = set(on_page.texts(page, "line mark"))
    assert len(with_theory) - len(without) == 4
    assert any("least squares" in text for text in with_theory)
    assert not any("least squares" in text for text in without)


@pytest.mark.chromium
def test_probes_are_read_layer_by_layer(tables, made, explored):
    table = tables["linear_probes"]
    own = table[(table["source"] == "ours") & (table["t"] > 1)]
    page = explored([made["fig4e"].html])
    on_page.focus(page, "t")
    page.press("Home")
    page.wait("document.querySelector('[name=t]').value === '2'")

    def drawn():
        points = on_page.numbers(page, "point")
        return [point["probe, error / 2"] for point in sorted(points, key=lambda p: p["layer"])]

    at = own[own["t"] == 2].groupby(["probe", "layer"])[["in_sample", "held_out"]].mean()
    assert drawn() == pytest.approx(at.loc["target", "held_out"].tolist(), rel=1e-3)
    on_page.focus(page, "sequences")
    page.press("ArrowUp")
    page.wait("document.querySelector('[name=sequences]').selectedIndex === 0")
    assert drawn() == pytest.approx(at.loc["target", "in_sample"].tolist(), rel=1e-3)
    on_page.focus(page, "probe")
    page.press("ArrowDown")
    page.wait("document.querySelector('[name=probe]').selectedIndex === 1")
    assert drawn() == pytest.approx(at.loc["preconditioned", "in_sample"].tolist(), rel=1e-3)

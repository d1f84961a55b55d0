"""What can be tried on the page, moved in a browser, from made-up runs."""

from importlib import resources

import explored as on_page
import numpy as np
import pandas as pd
import pytest
import seeds_runs
import sweep_runs
from grokking_runs import SIZES, main_run

from papers.pearce2023.explorables import blocks
from papers.pearce2023.tables import main_frames, parity_sweep, parity_sweep_courses
from reprise.results import Inputs

DECAYS = [0.01, 0.1, 1.0]
SPEC = {
    "task": {"name": "parity", "train_size": 750},
    "model": {"name": "parity_mlp", "hidden": 16},
    "optimizer": {"name": "adamw", "learning_rate": 0.003},
    "steps": 20,
    "log_every": 10,
}
OUTCOMES = dict(zip(DECAYS, "MKN", strict=True))


@pytest.fixture(scope="module")
def tables(grokked):
    """All that the page reads; seed 102 does not generalise."""
    axes = {"optimizer.weight_decay": DECAYS, "task.train_size": [750, 1750], "seed": [0, 1]}
    swept = sweep_runs.run(SPEC, axes, lambda weight_decay, **_: OUTCOMES[weight_decay])
    models = parity_sweep.models(Inputs(runs={"parity_sweep": swept}))
    folder = resources.files("papers.pearce2023") / "reference" / "parity_sweep_cells.csv"
    known = Inputs(tables={"models": models}, reference={"cells": pd.read_csv(str(folder))})
    return (
        dict(grokked)
        | seeds_runs.four_seeds()
        | {
            "main_frames": main_frames.frames(Inputs(runs={"main": main_run()})),
            "parity_sweep_cells": parity_sweep.cells(known),
            "parity_sweep_courses": parity_sweep_courses.courses(
                Inputs(runs={"parity_sweep": swept})
            ),
        }
    )


@pytest.fixture(scope="module")
def made(tables):
    return {block.figure: block for block in blocks(tables)}


def test_frames_show_the_network_that_grokked(tables):
    frames = tables["main_frames"]
    assert frames["step"].unique().tolist() == list(range(0, 50_001, 2_500))
    last = frames[frames["step"] == 50_000]
    assert last.groupby("frequency")["neuron"].size().to_dict() == SIZES
    lengths = np.hypot(last["in_cos"], last["in_sin"])
    np.testing.assert_allclose(lengths, lengths.iloc[0], rtol=1e-3)
    twice = 2 * np.arctan2(last["in_sin"], last["in_cos"])
    turned = np.arctan2(last["out_sin"], last["out_cos"]) - twice
    np.testing.assert_allclose(np.cos(turned), 1, atol=1e-3)


@pytest.mark.chromium
def test_stepping_through_the_training_moves_the_neurons(tables, made, explored):
    frames = tables["main_frames"]
    page = explored([made["F2-weight-heatmaps"].html])

    def drawn():
        points = on_page.numbers(page, "circle")
        return sorted(point["cos"] for point in points)

    def expected(step, groups=tuple(SIZES)):
        rows = frames[(frames["step"] == step) & frames["frequency"].isin(groups)]
        return sorted([*rows["in_cos"], *rows["out_cos"]])

    on_page.focus(page, "step")
    page.press("End")
    page.wait("document.querySelector('[name=step]').value === '50000'")
    assert drawn() == pytest.approx(expected(50_000), abs=1e-2)
    page.press("ArrowLeft")
    page.wait("document.querySelector('[name=step]').value === '47500'")
    page.press("Home")
    page.wait("document.querySelector('[name=step]').value === '0'")
    assert drawn() == pytest.approx(expected(0), abs=1e-2)
    on_page.focus(page, "neurons")
    page.press("ArrowDown")
    page.wait("document.querySelector('[name=neurons]').selectedIndex === 1")
    assert drawn() == pytest.approx(expected(0, [min(SIZES)]), abs=1e-2)
    weights = "document.querySelectorAll('.explorable .mark-rect.role-mark path').length"
    assert page.evaluate(weights) == 67 * SIZES[min(SIZES)]


@pytest.mark.chromium
def test_a_choice_of_seed_rings_it_among_all(tables, made, explored):
    block = made["F20-450-seeds"]
    assert block.caption.startswith("3 of 4 seeds generalise")
    page = explored([block.html])
    on_page.focus(page, "seed")
    for _ in range(2):
        page.press("ArrowDown")
    page.wait("document.querySelector('[name=seed]').selectedIndex === 2")
    choice = "document.querySelector('[name=seed]').selectedOptions[0].textContent"
    assert page.evaluate(choice) == "102: does not generalise"
    (ring,) = on_page.numbers(page, "point")
    networks = tables["seeds_networks"].set_index("seed")
    accuracy = networks.loc[102, "final_test_accuracy"]
    assert ring["final test accuracy"] == pytest.approx(accuracy, abs=1e-3)
    assert ring["seeds, sorted"] == 1


@pytest.mark.chromium
def test_cells_of_the_sweep_open_their_curves(made, explored):
    page = explored([made["F8-parity-sweep"].html])

    def opened():
        return len(on_page.texts(page, "line mark"))

    def decay():
        return page.evaluate("document.querySelector('[name$=weight_decay]').value")

    assert decay() == "0.01" and opened() == 4, "two seeds, two losses"
    on_page.focus(page, "cell_weight_decay")
    for _ in range(2):
        page.press("ArrowDown")
    page.wait("document.querySelector('[name$=weight_decay]').value === '0.1'")
    page.click(
        "[...document.querySelectorAll('.explorable [aria-roledescription=\"rect mark\"]')].find("
        "e => ['weight decay: 1', 'width: 16'].every("
        "text => e.getAttribute('aria-label').split('; ').includes(text)))"
    )
    page.wait("document.querySelector('[name$=weight_decay]').value === '1'")
    assert opened() == 4
    on_page.focus(page, "cell_hidden")
    page.press("End")
    page.wait("document.querySelector('[name$=hidden]').value === '258'")
    assert opened() == 0, "nothing was run there"

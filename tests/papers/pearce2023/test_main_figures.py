"""Figures of the main network render from constructed runs, and say what the tables say."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from grokking_runs import MODULUS, NEURONS, course, main_run, noise, run, views
from matplotlib.collections import QuadMesh

from papers.pearce2023.figures import main_curves as curve_figures
from papers.pearce2023.figures import main_fourier, main_logits, main_weights
from papers.pearce2023.tables import main_curves
from papers.pearce2023.tables import main_logits as logit_tables
from papers.pearce2023.tables import main_weights as weight_tables
from reprise.plotting import theme
from reprise.plotting.render import render
from reprise.results import Inputs
from reprise.storage.formats import csv_bytes, parse_csv

FIGURES = {
    "F1": curve_figures.accuracy,
    "F2": main_weights.heatmaps,
    "F3": main_weights.neuron_waves,
    "F14": curve_figures.accuracy_and_loss,
    "F15": main_weights.sorted_waves,
    "F16": main_fourier.dft,
    "F17": main_fourier.circles_in,
    "F18": main_fourier.stars_out,
    "F19": main_logits.group_logits,
}
REFERENCE = Path(main_curves.__file__).parents[1] / "reference"


def all_tables(result):
    """Every table of the main network, as read back from its CSV."""
    inputs = Inputs(
        runs={"main": result},
        reference={"main_accuracy": pd.read_csv(REFERENCE / "main_accuracy.csv")},
        params={"pairs": [[13, 19], [5, 5]]},
    )
    makers = {
        "main_curves": main_curves.curves,
        "main_events": main_curves.events,
        "main_published": main_curves.published,
        "main_waves": weight_tables.waves,
        "main_dft": weight_tables.dft,
        "main_vectors": weight_tables.vectors,
        "main_progress": weight_tables.progress,
        "main_logits": logit_tables.examples,
        "main_fits": logit_tables.fits,
    }
    return {name: parse_csv(io.BytesIO(csv_bytes(make(inputs)))) for name, make in makers.items()}


@pytest.fixture(scope="module")
def grokked():
    return all_tables(main_run())


@pytest.fixture(scope="module")
def barely_trained():
    frame = course([(0, 0.0), (300, 0.01)], [(0, 0.06), (300, 0.5)], steps=300, every=100)
    still = views(noise(0, 0.1), noise(1, 0.1), 200, 300, 100)
    return all_tables(run({0: (frame, still)}, steps=300, every=100, snapshot=100))


@pytest.mark.parametrize("name", FIGURES)
def test_figures_of_a_grokked_run_render_small(grokked, name):
    with theme.apply():
        figure = FIGURES[name](grokked)
    files = render(figure, "made-up run")
    assert len(files["svg"]) < 300_000
    assert figure.get_figwidth() <= theme.WIDTH_IN["wide"]


@pytest.mark.parametrize("name", FIGURES)
def test_figures_of_a_barely_trained_run_render(barely_trained, name):
    """No events, no groups of neurons, one seed."""
    assert (barely_trained["main_waves"]["frequency"] == 0).all()
    with theme.apply():
        figure = FIGURES[name](barely_trained)
        figure.draw_without_rendering()
    assert all(np.isfinite(ax.get_window_extent().bounds).all() for ax in figure.axes)


def test_accuracy_figure_marks_the_events(grokked):
    with theme.apply():
        figure = curve_figures.accuracy(grokked)
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert {"train .999\n1k", "test .5\n20k", "test .999\n20.5k"} <= texts


def test_heatmaps_show_the_weights_of_each_stage(grokked):
    with theme.apply():
        figure = main_weights.heatmaps(grokked)
    table = grokked["main_waves"]
    meshes = [
        mesh
        for mesh in figure.findobj(QuadMesh)
        if np.shape(mesh.get_array()) == (NEURONS, MODULUS)
    ]
    chosen = table[(table["stage"] == "end") & (table["matrix"] == "W_input")]
    expected = chosen.pivot_table(index="neuron", columns="number", values="weight").to_numpy()
    assert len(meshes) == 10
    assert any(np.array_equal(np.asarray(mesh.get_array()), expected) for mesh in meshes)


def test_stars_join_neighbours_in_input_phase(grokked):
    with theme.apply():
        figure = main_fourier.stars_out(grokked)
    last_row_first_column = figure.axes[2 * 3]
    line = next(one for one in last_row_first_column.lines if len(one.get_xdata()) == 6)
    turns = np.unwrap(np.arctan2(line.get_ydata(), line.get_xdata()))
    # Five neurons at twice the angle: each step is 144 degrees, two rounds in all.
    np.testing.assert_allclose(np.abs(np.diff(np.rad2deg(turns))), 144, atol=0.1)

"""F2 shows the weights themselves."""

import numpy as np
from grokking_runs import MODULUS, NEURONS
from matplotlib.collections import QuadMesh

from papers.pearce2023.figures.f2 import weight_heatmaps
from reprise.plotting import theme


def test_heatmaps_show_the_weights_of_each_stage(grokked):
    with theme.apply():
        figure = weight_heatmaps(grokked)
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

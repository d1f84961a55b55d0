"""Layers replaced by linear ones: losses against direct numbers, summaries, figures."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from flax import nnx

from papers.vonoswald2023.analysis.distillation import Distilled
from papers.vonoswald2023.figures.fig5 import fig5a
from papers.vonoswald2023.figures.fig19 import fig19
from papers.vonoswald2023.models import mesa_transformer
from papers.vonoswald2023.models.mesa_parts import Attention, Normals
from papers.vonoswald2023.models.mesa_transformer import products
from papers.vonoswald2023.tables import distilled, distilled_networks, distilled_weights
from papers.vonoswald2023.tables.networks import trained
from reprise.plotting import theme
from reprise.plotting.render import render
from reprise.results import Inputs, RunResult
from reprise.specs.load import Config, load_paper

PAPER = load_paper("vonoswald2023", Config(scale="smoke"))
FIT = {"activations": 16, "steps": 2, "rate": 0.01, "batch": 8, "seed": 0, "sequences": 12}


def run(name, scale=4):
    spec = PAPER.runs[name]
    spec = spec.model_copy(update={"task": spec.task.model_copy(update={"length": 12})})
    if spec.task.length_per_dim is not None:
        spec = spec.model_copy(
            update={"task": spec.task.model_copy(update={"length": None, "length_per_dim": 3})}
        )
    net = mesa_transformer.build(spec.model, spec.task, jax.random.key(1), jnp.float32)
    leaves, _ = jax.tree_util.tree_flatten_with_path(nnx.to_pure_dict(nnx.state(net, nnx.Param)))
    params = {
        jax.tree_util.keystr(path, simple=True, separator="."): scale * np.asarray(leaf)
        for path, leaf in leaves
    }
    members = pd.DataFrame({"seed": [0], "failed_at_step": [np.nan]}).rename_axis("member")
    return RunResult(spec=spec, members=members, metrics=pd.DataFrame(), params=(params,))


def zero_attention(spec, number):
    draw = Normals(jax.random.key(0), jnp.float32, 0.0)
    return Attention(spec.model, "linear", spec.model.width, number == 0, draw)


def test_ratios_of_the_same_and_of_missing_layers():
    result = run("sizes4")
    found = distilled_networks.fitted(Inputs(params=FIT), *trained(result))
    data = distilled_networks.sequences(result.spec, 12, 5)
    x, y = data["x"], data["y"]
    same = [Distilled(layer.attention, jnp.zeros(1)) for layer in found.net.layers]
    for ratios in distilled._ratios(found._replace(layers=same), x, y):
        np.testing.assert_allclose(ratios, 1, rtol=1e-5)

    absent = [Distilled(zero_attention(result.spec, n), jnp.zeros(1)) for n in range(2)]
    ratios = list(distilled._ratios(found._replace(layers=absent), x, y))
    h = jax.jit(found.net.streams)(x)
    # Without its last layer the network reads out what the first one left, and so on.
    rest = (jax.jit(found.net.layers[1])(h[0]), h[1])
    losses = [
        float(((np.asarray(found.net.read(stream)) - y) ** 2).sum(axis=2).mean())
        for stream in (*rest, h[2])
    ]
    for number in (0, 1):
        assert ratios[number][0] == pytest.approx(losses[number] / losses[2], rel=1e-4)


def test_streams_are_the_networks():
    result = run("sizes4")
    found = distilled_networks.fitted(Inputs(params=FIT), *trained(result))
    x = distilled_networks.sequences(result.spec, 5, 5)["x"]
    expected = jax.jit(found.net.streams)(x)
    for own, stream in zip(distilled_networks.streams(found.net, x), expected, strict=True):
        np.testing.assert_allclose(own, stream, rtol=1e-5, atol=1e-6)
    assert len(found.layers) == len(found.unexplained) == 2


def test_tables_hold_a_row_per_layer_and_figures_render():
    table = distilled.layers(Inputs(runs={"sizes4": run("sizes4")}, params=FIT))
    assert table["layer"].tolist() == [1, 2]
    assert (table["n"] == 4).all()
    known = pd.DataFrame({"n": [4, 4], "layer": [1, 2], "ratio": [2.0, 1.5]})
    with theme.apply():
        drawn = fig5a({"distilled_layers": table, "distilled_stored": known})
        assert len(render(drawn, "smoke")["svg"]) > 5_000


def test_summary_is_about_the_first_and_the_later_layers():
    rows = [
        (n, layer, ratio, 1.0)
        for n, ratios in ((4, (2.0, 1.6, 1.2)), (10, (2.3, 1.3, 1.4)))
        for layer, ratio in enumerate(ratios, 1)
    ]
    table = pd.DataFrame(rows, columns=["n", "layer", "ratio", "learned"])
    found = distilled.distilled_summary(Inputs(tables={"t": table})).set_index("quantity")["value"]
    expected = {
        "first_least": 2.0,
        "first_growth": 0.3,
        "later_fall": 0.05,
        "later_most": 1.35,
        "second_excess": -0.1,
        "learned_most": 1.0,
    }
    for quantity, value in expected.items():
        assert found[quantity] == pytest.approx(value), quantity


def test_signs_of_linear_products_are_those_nearer_to_softmax(monkeypatch):
    result = run("distilled2", scale=1000)
    net = distilled_networks.fitted(Inputs(params=FIT), *trained(result)).net

    def mirrored(layer):
        copy = nnx.clone(layer.attention)
        for part in (copy.key, copy.out):
            part.weight[...] = -2 * part.weight[...]
        return Distilled(copy, jnp.zeros(1))

    layers = [mirrored(layer) for layer in net.layers]
    found = distilled_networks.Fitted(result.spec, net, layers, [0.0, 0.0])
    monkeypatch.setattr(distilled_weights, "fitted", lambda *_: found)
    table = distilled_weights.weights(Inputs(runs={"distilled2": result}, params=FIT))
    assert len(table) == 2 * 2 * 2 * 40 * 40
    own = table[(table["layer"] == 2) & (table["product"] == "PV")]
    wide = own.pivot(index=["row", "column"], columns="kind", values="value")
    np.testing.assert_allclose(wide["linear"], 2 * wide["softmax"], rtol=1e-4, atol=1e-6)
    expected = np.asarray(products(net.layers[1].attention)[1][0])
    np.testing.assert_allclose(wide["softmax"].to_numpy().reshape(40, 40), expected, rtol=1e-6)

    known = pd.DataFrame({"layer": [1, 2], "product": ["KQ", "PV"], "cosine": [0.98, 0.73]})
    given = Inputs(
        runs={"distilled2": result},
        tables={"weights": table},
        reference={"fig19": known},
        params={"sequences": 8, "seed": 0},
    )
    summary = distilled_weights.distilled_weights_summary(given)
    values = summary.set_index("quantity")["value"]
    assert values["PV_1"] == pytest.approx(1, abs=1e-5)
    assert values["excess"] == pytest.approx(0.02, abs=1e-5)
    with theme.apply():
        drawn = fig19({"distilled_weights": table, "distilled_weights_summary": summary})
        assert len(render(drawn, "smoke")["svg"]) > 5_000

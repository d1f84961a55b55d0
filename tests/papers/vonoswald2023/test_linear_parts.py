"""Parts of the tables on linear networks: products, controls, curves and probes."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import linear_runs

from papers.vonoswald2023.models.mesa_transformer import views
from papers.vonoswald2023.tables import (
    controls,
    linear_losses,
    loss_tables,
    networks,
    probe_summary,
    probes,
    products,
)
from papers.vonoswald2023.tasks.sequence_tokens import tokens
from papers.vonoswald2023.theory.preconditioned_inputs import iterated_inputs
from papers.vonoswald2023.theory.preconditioning_coefficients import PUBLISHED
from reprise.specs.runs import with_values
from reprise.training.network import network

SPEC = linear_runs.PAPER.runs["lsa2"]
PARAMS = linear_runs.drawn(SPEC, deviation=0.15)
DATA = linear_runs.dataset("linear_sequences")
S, Y = DATA["observations"][:, :-1], DATA["observations"][:, 1:]
X = tokens("constructed", S)


def test_products_are_those_of_the_network():
    found = products.layer_products(SPEC, PARAMS)
    shown = views(network(SPEC, PARAMS))
    for layer in (1, 2):
        np.testing.assert_allclose(found.kq[layer - 1], shown[f"KQ_{layer}"], atol=1e-5)
        np.testing.assert_allclose(found.pv[layer - 1], shown[f"PV_{layer}"], atol=1e-5)


def test_networks_are_their_products():
    found = products.predictions(products.layer_products(SPEC, PARAMS), X, 10, 4.0)
    expected = networks.predictions(SPEC, PARAMS, X)[..., :10]
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(found, expected, atol=2e-4)
    free = with_values(SPEC, {"model.clip": None})
    unclipped = products.predictions(products.layer_products(free, PARAMS), X, 10, None)
    assert np.abs(unclipped - found).max() > 0.1


def test_an_interpolation_averages_products():
    trained = products.layer_products(SPEC, PARAMS)
    small = products.compressed(trained, 10)
    halfway = products.between(trained, small)
    np.testing.assert_allclose(2 * halfway.kq - trained.kq, small.kq, atol=1e-12)
    np.testing.assert_allclose(products.compressed(halfway, 10).pv, small.pv, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "expected"),
    # Computed beforehand with another implementation, on other sequences.
    [("gd1", 0.8945), ("pr2_lagged", 0.2339), ("pr2", 0.2076), ("least_squares", 0.185)],
)
def test_controls_have_their_known_losses(name, expected):
    big = linear_runs.dataset("linear_sequences", sequences=600)["observations"]
    s, y = big[:, :-1], big[:, 1:]
    params = {"coefficients": "fully_observed_linear_networks", "ridges": [0.001, 0.001, 1]}
    found = networks.losses(controls.control(name, s, y, params), y).mean()
    np.testing.assert_allclose(found, expected, rtol=0.03)


def test_line_searches_find_the_best_ridge():
    noisy = S + 0.3 * np.random.default_rng(0).normal(size=S.shape)
    ridges = np.linspace(0.001, 3, 4)
    for name in ("pr2", "least_squares"):
        losses = [
            networks.losses(_with(name, noisy, float(r), float(r), 1), Y).mean() for r in ridges
        ]
        assert np.argmin(losses) > 0
        searched = networks.losses(_with(name, noisy, 0.001, 3.0, 4), Y).mean()
        np.testing.assert_allclose(searched, min(losses), rtol=1e-6)


def _with(name, s, *ridges):
    params = {"coefficients": "fully_observed_linear_networks", "ridges": list(ridges)}
    return controls.control(name, s, Y, params)


def test_curves_of_one_layer_are_read_as_in_the_paper():
    step = np.array([[3.0, 2.0, 1.0, 2.0], [3.0, 2.0, 1.5, 1.0]])
    network = step + np.array([0.0, 0.1, 0.0, 0.1])
    found = linear_losses.one_step({("net", 7): network, ("gd1", None): step}, "net")
    np.testing.assert_allclose(found["net", 7, "over_gd1"], [8.2 / 8, 7.7 / 7.5])
    np.testing.assert_allclose(found["net", 7, "gd_distance"], 0.1)
    np.testing.assert_allclose(found["net", 7, "least_at"], [3, 4])
    np.testing.assert_allclose(found["net", 7, "rise"], [1.1, 0])


def test_networks_are_compared_seed_by_seed():
    losses = {("a", 0): 1.0, ("a", 1): 2.0, ("b", 1): 0.5, ("b", 4): 0.7, ("known", None): 4.0}
    curves = {key: np.full((1, 4), loss) for key, loss in losses.items()}
    assert [seed for seed, _ in loss_tables.together(curves, "a", "b", "known")] == [1]
    assert not list(loss_tables.together(curves, "a", "nobody"))
    found = loss_tables.ratios(curves, ["a", "b"], "known", "over")
    assert {key: float(value[0]) for key, value in found.items()} == {
        ("a", 0, "over"): 0.25,
        ("a", 1, "over"): 0.5,
        ("b", 1, "over"): 0.125,
        ("b", 4, "over"): 0.175,
    }
    found = linear_losses.depth(curves, ["known", "a", "b"])
    assert found["depth", 1, "largest_ratio"][0] == 0.5


def test_probes_find_what_layers_hold():
    target = probes.targets(DATA, {"coefficients": "fully_observed", "ridge": 0.001})
    expected = iterated_inputs(S, *PUBLISHED["fully_observed"], 0.001)
    np.testing.assert_allclose(target["preconditioned"], expected)
    np.testing.assert_allclose(target["target"], Y)
    noise = np.random.default_rng(0).normal(size=Y.shape)
    mixing = np.random.default_rng(1).normal(size=(10, 10))
    found = probes.layer_errors(np.stack([noise, expected @ mixing]), expected, 15, True)
    by = found.groupby("layer")[["in_sample", "held_out"]].max()
    assert (by.loc[1] < 1e-8 * by.loc[0]).all()
    assert list(found.columns) == ["layer", "t", "in_sample", "held_out"]
    assert found["t"].min() == 1 and found["t"].max() == 50


def test_features_and_stacks_are_regressors():
    params = {"coefficients": "fully_observed", "ridge": 0.1}
    stacked = probes.targets(DATA, params | {"stacked": 3})["preconditioned"]
    assert stacked.shape == (30, 50, 30)
    features = 3.0 * np.concatenate([DATA["observations"], DATA["observations"]], axis=-1)
    found = probes.targets(DATA | {"features": features}, params | {"features": True})
    unit = features[:, :-1] / np.linalg.norm(features[:, :-1], axis=-1, keepdims=True)
    np.testing.assert_allclose(
        found["preconditioned"], iterated_inputs(unit, *PUBLISHED["fully_observed"], 0.1)
    )


def test_probes_are_read_layer_by_layer():
    depths = pd.DataFrame(
        [np.full(50, 2.0**-layer) / np.arange(1, 51) for layer in range(7)],
        columns=pd.RangeIndex(1, 51),
    )
    found = probe_summary.target(depths)
    assert found["target_ties"] == 0
    np.testing.assert_allclose([found["target_fall"], found["target_late"]], [64, 30 / 35])
    depths.loc[3, 12] = 1.03 * depths.loc[2, 12]
    assert probe_summary.target(depths)["target_ties"] == 1
    depths.loc[5, 12] = 1.2 * depths.loc[4, 12]
    assert probe_summary.target(depths)["target_ties"] == 3


def test_the_authors_points_meet_their_claims():
    stored = linear_runs.inputs("linear_probes", {}).reference["fig4f"]
    errors = stored.pivot_table(index="layer", columns="t", values="in_sample")
    found = probe_summary.preconditioned(errors)
    np.testing.assert_allclose(found["preconditioned_fall"], 0.0539 / 0.0030)
    np.testing.assert_allclose(found["preconditioned_late"], 0.0032 / 0.0030)
    np.testing.assert_allclose(found["preconditioned_both"], 0.611 / 0.068)

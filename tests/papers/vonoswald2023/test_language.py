"""Tables and figures on language models, from untrained and from hand-made networks."""

import importlib
import zlib

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from flax import nnx

from papers.vonoswald2023.tables import language, language_models
from papers.vonoswald2023.tables.networks import trained
from papers.vonoswald2023.theory import dirichlet_bigrams
from reprise.plotting import theme
from reprise.results import Inputs, JobResult, join_jobs
from reprise.specs.claims import Claims
from reprise.specs.load import Config, load_claims, load_paper
from reprise.specs.runs import jobs
from reprise.stats.verdicts import judge
from reprise.training.network import network

PAPER = load_paper("vonoswald2023", Config(scale="smoke"))
RUNS = {name: run for name, run in PAPER.runs.items() if name.startswith("language_")}
KINDS = {"linear", "mesa", "softmax"}


def entry(path):
    module, function = path.split(":")
    return getattr(importlib.import_module(f"papers.vonoswald2023.{module}"), function)


def untrained(spec, failed=-1):
    """A run whose members keep their initial weights; ``failed`` marks the first member."""
    results = []
    for number, job in enumerate(jobs(spec)):
        model = importlib.import_module(spec.model.module)
        key = jax.random.key(zlib.crc32(job.run.model.model_dump_json().encode()))
        net = model.build(job.run.model, job.run.task, key, jnp.float32)
        leaves, _ = jax.tree_util.tree_flatten_with_path(
            nnx.to_pure_dict(nnx.state(net, nnx.Param))
        )
        params = {
            jax.tree_util.keystr(path, simple=True, separator="."): 5 * np.asarray(x)[None]
            for path, x in leaves
        }
        results.append(
            JobResult(
                job=job,
                failed_at_step=np.array([-1 if number else failed]),
                metrics=pd.DataFrame({"member": [0], "step": [0], "test_loss": [1.0]}),
                params=params,
                views={},
                snapshot_steps=np.zeros(0, int),
            )
        )
    return join_jobs(results)


@pytest.fixture(scope="module")
def data():
    spec = PAPER.datasets["language_documents"]
    return entry(spec.entry)(spec.params, spec.seed)


@pytest.fixture(scope="module")
def runs():
    return {name: untrained(spec) for name, spec in RUNS.items()}


def inputs_of(name, runs, data):
    spec = PAPER.tables[name]
    return Inputs(
        runs={run: runs[run] for run in spec.runs},
        datasets={"language_documents": data},
        params=spec.params,
    )


@pytest.fixture(scope="module")
def tables(runs, data):
    names = [name for name in PAPER.tables if name.startswith("language_")]
    return {n: entry(PAPER.tables[n].entry)(inputs_of(n, runs, data)) for n in names}


def test_losses_are_those_of_the_networks_own_outputs(runs, data):
    result = runs["language_mesa"]
    _, spec, params, _ = trained(result)[1]
    assert spec.model.nu == 3
    found = language_models.network_losses(spec, params, data["tokens"])
    forward = jax.jit(network(spec, params).__call__)
    logits = np.asarray(forward(jnp.asarray(data["tokens"][:, :-1])))
    odds = np.exp(logits - logits.max(axis=2, keepdims=True))
    chosen = np.take_along_axis(odds, data["tokens"][:, 1:, None], axis=2)[..., 0]
    np.testing.assert_allclose(found, -np.log(chosen / odds.sum(axis=2)), atol=1e-4)


def test_every_network_and_exact_predictor_has_its_rows(tables):
    losses = tables["language_losses"]
    found = {tuple(row) for row in losses[losses["layers"] > 0][language.KEYS].to_numpy()}
    one = {(1, "softmax", 0, 0, 0), *((1, k, n, 0, 0) for k in ("linear", "mesa") for n in (0, 3))}
    two = {(2, "softmax", 0, 0, 0), (2, "linear", 3, 0, 0), (2, "mesa", 3, 0, 0)}
    assert found == one | two
    assert set(losses["attention"]) == KINDS | {"bayes", "base_only", "table_known"}
    assert (losses["low"] <= losses["value"]).all()
    assert (losses["value"] <= losses["high"]).all()
    by_position = losses[losses["quantity"] == "loss"]
    assert by_position.groupby(language.KEYS, dropna=False).size().eq(20).all()


def test_bayes_is_the_estimator_and_below_every_network(tables, data):
    losses = tables["language_losses"]
    perplexity = losses[losses["quantity"] == "perplexity"].set_index("attention")["value"]
    exact = dirichlet_bigrams.bayes(data["tokens"], data["table"], 0.5)
    assert perplexity["bayes"] == pytest.approx(np.exp(exact.mean()))
    assert perplexity["table_known"] < perplexity["bayes"] < perplexity[list(KINDS)].min()


def test_excess_is_the_distance_to_bayes(tables):
    losses = tables["language_losses"]
    found, excess = (losses[losses["quantity"] == name] for name in ("loss", "excess"))
    bayes = found[found["attention"] == "bayes"].set_index("t")["value"]
    expected = found["value"] - found["t"].map(bayes)
    np.testing.assert_allclose(excess["value"], expected, atol=1e-12)
    assert (excess["low"] <= excess["value"] + 1e-12).all()


def test_scores_compare_late_with_early_positions(tables, data):
    (a, b), (c, d) = data["early"], data["late"]
    losses = tables["language_losses"]
    by_position = losses[losses["quantity"] == "loss"]
    positions = by_position.set_index([*language.KEYS[:4], "t"])["value"].sort_index()
    for row in losses[losses["quantity"] == "icl_score"].itertuples():
        curve = positions[row.layers, row.attention, row.nu, row.mlp]
        expected = curve.loc[c:d].mean() - curve.loc[a:b].mean()
        assert row.value == pytest.approx(expected, abs=1e-12)


def test_lags_are_masses_on_diagonals():
    weights = np.zeros((2, 1, 6, 6))
    for t in range(6):
        weights[0, 0, t, max(0, t - 1)] = 1.0
        weights[1, 0, t, t] += 0.25
        weights[1, 0, t, max(0, t - 2)] += 0.75
    found = language.lag_mass(weights, first=4, farthest=2)
    np.testing.assert_allclose(found[:, 0], [[0, 1, 0], [0.25, 0, 0.75]])


def test_attention_sums_to_one(tables):
    lags = tables["language_lags"]
    sums = lags[lags["head"] != language.BEST].groupby(["attention", "head"])["value"].sum()
    np.testing.assert_allclose(sums, 1)
    maps = tables["language_attention"]
    assert (maps["key"] <= maps["query"]).all()
    assert set(maps["query"]) == set(range(11, 21))
    assert (maps.groupby(["attention", "head", "query"])["weight"].sum() <= 1 + 1e-6).all()


def test_twins_are_compared(tables):
    losses = tables["language_losses"]
    values = losses[losses["t"].isna()].set_index([*language.KEYS[:4], "quantity"])["value"]
    key, mesa = "perplexity", (1, "mesa", 3, 0)
    expected = values[1, "linear", 3, 0, key] / values[*mesa, key]
    assert values[*mesa, "linear_over"] == pytest.approx(expected)
    expected = values[2, "softmax", 0, 0, key] / values[2, "mesa", 3, 0, key]
    assert values[2, "mesa", 3, 0, "softmax_over"] == pytest.approx(expected)
    expected = values[*mesa, key] / values[1, "mesa", 0, 0, key]
    assert values[*mesa, "over_nu_0"] == pytest.approx(expected)
    score = "icl_score"
    expected = values[1, "linear", 0, 0, score] - values[1, "mesa", 0, 0, score]
    assert values[1, "mesa", 0, 0, "linear_score_above"] == pytest.approx(expected)
    lags = tables["language_lags"]
    own = lags[lags["attention"] == "mesa"]
    expected = own[own["lag"].isin(["1", "2"])].groupby("head")["value"].sum().max()
    assert own[own["lag"] == "previous"]["value"].item() == pytest.approx(expected)


def test_every_claim_finds_its_number(tables):
    whole = load_claims(load_paper("vonoswald2023", Config()))
    own = Claims(
        gates={n: g for n, g in whole.gates.items() if n.startswith("language-")},
        claims={n: c for n, c in whole.claims.items() if n.startswith("language-")},
    )
    verdicts = judge(own, tables, "vonoswald2023", "smoke").set_index("claim")
    assert len(verdicts) == 19
    # Networks of four layers are of larger scales.
    deep = verdicts.index.str.startswith("language-four-layers")
    assert np.isfinite(verdicts[~deep]["statistic"]).all()
    assert verdicts[deep]["statistic"].isna().all()
    assert set(verdicts["verdict"]) == {"not tested"}


def test_a_failed_network_is_left_out(runs, data):
    some = runs | {
        "language_mesa": untrained(RUNS["language_mesa"], failed=10),
        "language_softmax_mesa": untrained(RUNS["language_softmax_mesa"], failed=0),
    }
    losses = language.losses(inputs_of("language_losses", some, data))
    compared = losses[losses["quantity"].isin(["linear_over", "over_nu_0"])]
    assert set(compared[compared["attention"] == "mesa"]["nu"]) == {3}
    assert set(compared["quantity"]) == {"linear_over", "over_nu_0"}
    assert set(compared[compared["quantity"] == "over_nu_0"]["attention"]) == {"linear"}
    mesa = losses[losses["attention"] == "mesa"]
    assert set(zip(mesa["layers"], mesa["nu"], strict=True)) == {(1, 3)}
    with theme.apply():
        assert entry(PAPER.figures["fig26"].entry)({"language_losses": losses}).axes


@pytest.mark.parametrize(("name", "panels"), [("fig26", 3), ("fig27", 3), ("fig28", 7)])
def test_figures_say_that_they_are_small_versions(name, panels, tables):
    spec = PAPER.figures[name]
    assert "small synthetic version" in spec.title
    assert spec.caption.startswith("Small synthetic version")
    with theme.apply():
        figure = entry(spec.entry)(tables)
    assert len(figure.axes) == panels

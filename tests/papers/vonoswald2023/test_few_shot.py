"""Few-shot streams, the control on them, and what is read off the curves."""

import numpy as np
import pandas as pd
import pytest

from papers.vonoswald2023 import datasets
from papers.vonoswald2023.figures.fig8 import fig8
from papers.vonoswald2023.figures.fig18 import fig18
from papers.vonoswald2023.figures.tuning import tuning as tuning_figure
from papers.vonoswald2023.tables import few_shot, tuning
from papers.vonoswald2023.tables.networks import trained
from papers.vonoswald2023.tasks import few_shot_regression as task
from reprise.plotting import theme
from reprise.plotting.render import render
from reprise.results import Inputs, RunResult
from reprise.specs.load import Config, load_paper

PAPER = load_paper("vonoswald2023", Config(scale="smoke"))
PARAMS = {"dims": 5, "pairs": 12, "first_pairs": 4, "second_pairs": 6, "sequences": 40}


@pytest.fixture(scope="module")
def pairs():
    return datasets.few_shot(PARAMS, 3)


def run(name, failed=np.nan, seeds=(0,)):
    spec = PAPER.runs[name]
    members = pd.DataFrame({"seed": seeds, "failed_at_step": failed}).rename_axis("member")
    return RunResult(spec=spec, members=members, metrics=pd.DataFrame(), params=({},) * len(seeds))


def tokens(networks):
    rows = []
    for network in networks:
        rows += [(network, "eos", "token", 0, d, 1.0 + d) for d in range(5)]
        rows += [(network, "prefix", "token", i, d, -i) for i in range(2) for d in range(5)]
        rows += [(network, stage, "loss", 3, np.nan, 0.5) for stage in ("eos", "prefix")]
    return pd.DataFrame(rows, columns=tuning.COLUMNS)


def inputs(pairs, runs, **others):
    names = [name.removeprefix("few_shot_") for name in runs]
    known = {"params": {"sequences": 8, "seed": 0}} | others
    return Inputs(runs=runs, datasets={"p": pairs}, tables={"t": tokens(names)}, **known)


def test_pairs_are_linear_and_the_second_task_is_another(pairs):
    assert pairs["one_y"].shape == (40, 12, 5)
    assert pairs["two_inputs"].shape == (40, 10, 5)
    for x, y, ends in (
        (pairs["one_inputs"], pairs["one_y"], (0, 12)),
        (pairs["two_inputs"], pairs["two_y"], (4, 10)),
    ):
        x, y = x[:, slice(*ends)], y[:, slice(*ends)]
        w = np.linalg.lstsq(x[0], y[0], rcond=None)[0]
        np.testing.assert_allclose(x[0] @ w, y[0], atol=0.05)
    w = np.linalg.lstsq(pairs["two_inputs"][0, 4:], pairs["two_y"][0, 4:], rcond=None)[0]
    assert np.abs(pairs["two_inputs"][0, :4] @ w - pairs["two_y"][0, :4]).max() > 0.3


@pytest.mark.parametrize(("eos", "prefix"), [(False, 0), (True, 0), (True, 2)])
def test_streams_are_those_of_the_task(pairs, eos, prefix):
    spec = few_shot.layout_of(pairs, "two", eos=eos, prefix=prefix)
    expected = task.evaluation(spec, 40, 3)
    found = few_shot.streams(spec, pairs["two_inputs"], pairs["two_y"])
    np.testing.assert_array_equal(found, expected["x"])
    np.testing.assert_array_equal(pairs["two_y"], expected["y"])


def test_the_control_is_the_published_one():
    """Fig. 8A: its loss at pairs 0 to 59; the authors' sample is of 640 sequences."""
    stored = {0: 1.65, 1: 1.51, 3: 1.92, 8: 1.59, 12: 1.15, 20: 0.78, 30: 0.66, 59: 0.53}
    data = datasets.few_shot(
        {"dims": 10, "pairs": 60, "first_pairs": 1, "second_pairs": 1, "sequences": 400}, 0
    )
    spec = few_shot.layout_of(data, "one")
    found = few_shot.least_squares(spec, data["one_inputs"], data["one_y"])
    curve = 0.5 * ((found - data["one_y"]) ** 2).sum(axis=2).mean(axis=0)
    off = np.array([curve[i] - value for i, value in stored.items()])
    assert np.abs(off).max() < 0.2
    assert np.abs(off).mean() < 0.1
    assert curve[-1] > 10 / 24


def test_losses_hold_every_variant_and_survive_failed_members(pairs, monkeypatch):
    seen = []

    def silent(spec, params, x):
        seen.append(x)
        return np.zeros_like(x)

    monkeypatch.setattr(few_shot, "predictions", silent)
    monkeypatch.setattr(few_shot, "learned", lambda *_: 1.0)
    runs = {n: run(n, seeds=(0, 3)) for n in ("few_shot_softmax", "few_shot_hybrid")}
    table = few_shot.few_shot(inputs(pairs, runs))
    losses = table[table["quantity"] == "loss"]
    counts = losses[losses["seed"] != 3].groupby(["tasks", "model", "variant"]).size()
    assert (counts["one"] == 12).all()
    assert (counts["two"] == 10).all()
    assert len(counts) == 2 * 6
    # Tokens are tuned for the first network alone.
    assert set(losses[losses["seed"] == 3]["variant"]) == {"base"}
    # Predicting zero: half the energy of y, the same for every variant.
    energy = 0.5 * (pairs["one_y"] ** 2).sum(axis=2).mean(axis=0)
    for variant in ("base", "eos", "prefix"):
        chosen = (losses["model"] == "hybrid") & (losses["variant"] == variant)
        own = losses[chosen & (losses["tasks"] == "one") & (losses["seed"] == 0)]
        np.testing.assert_allclose(own["value"], energy)
    assert {x.shape[1:] for x in seen} == {(50, 5)}
    eos, prefix = seen[1], seen[2]
    np.testing.assert_array_equal(eos[0, 2], [1, 2, 3, 4, 5])
    np.testing.assert_array_equal(prefix[:, :2, 0], np.tile([0.0, -1.0], (40, 1)))
    np.testing.assert_array_equal(prefix[:, 2], pairs["one_inputs"][:, 0])
    figures_of(table)

    failed = {"few_shot_softmax": run("few_shot_softmax", failed=10.0)}
    assert set(few_shot.few_shot(inputs(pairs, failed))["model"]) == {"least_squares", "half"}


def figures_of(table):
    with theme.apply():
        for draw in (fig8, fig18):
            assert len(render(draw({"few_shot_losses": table}), "smoke")["svg"]) > 5_000
        drawn = tuning_figure({"tuned_tokens": tokens(["softmax", "hybrid"])})
        assert len(render(drawn, "smoke")["svg"]) > 5_000


def test_authors_losses_are_shown_where_the_setting_is_theirs(monkeypatch):
    stored = pd.DataFrame(
        {"tasks": "one", "model": "softmax", "variant": "base", "pair": [0, 5], "loss": [1.0, 2.0]}
    )
    for dims, there in ((5, False), (10, True)):
        data = datasets.few_shot(PARAMS | {"dims": dims, "sequences": 3}, 0)
        given = inputs(data, {}, reference={"fig8": stored})
        assert ("authors" in set(few_shot.few_shot(given)["source"])) == there


def test_quantities_are_read_where_they_should_be(pairs):
    one = np.tile([2.0, 1.0, 3.0, 2.0, 2.5, 4.0, *[2.0] * 5, 1.0], (1001, 1))
    two = np.tile([2.0, 1.0, 1.0, 1.0, 3.0, 2.0, 2.0, 2.0, 2.0, 1.5], (1001, 1))
    stream = few_shot.Stream("softmax", 2, "one", "base")
    scales = {"base": 1, "eos": 0.5, "prefix": 0.4}
    curves = {stream._replace(variant=variant): k * one for variant, k in scales.items()}
    curves[stream._replace(tasks="two")] = two
    found = {
        (key.tasks, key.variant, quantity): values[0]
        for (key, quantity), values in few_shot.quantities(curves, pairs).items()
    }
    zero = 0.5 * (pairs["two_y"][:, 4] ** 2).sum(axis=1).mean()
    expected = {
        ("one", "base", "mean_loss"): one[0].mean(),
        ("one", "base", "ascent"): 1.5,  # at pair 2 of 1 to 4; pair 5 is no early one
        ("one", "base", "fall"): 0.5,
        ("one", "eos", "share"): 0.5,
        ("one", "prefix", "share"): 0.8,
        ("two", "base", "jump"): 3 / zero,
        ("two", "base", "relearned"): 0.5,
    }
    for key, value in expected.items():
        assert found[key] == pytest.approx(value), key


def test_a_network_that_is_the_control_has_learned_as_much(monkeypatch):
    from papers.vonoswald2023.theory.preconditioning import iterated_predictions

    def control(spec, params, x):
        following = np.concatenate([x[:, 1:], np.zeros_like(x[:, :1])], axis=1)
        alpha, beta = few_shot.control_of(spec)
        return iterated_predictions(x, following, alpha, beta, 0.001, lag=1)

    monkeypatch.setattr(few_shot, "predictions", control)
    for name, steps in (("few_shot_softmax", 2), ("few_shot_hybrid", 6)):
        (network,) = trained(run(name))
        assert len(few_shot.control_of(network.spec).alpha) == steps
        np.testing.assert_allclose(few_shot.learned(network, 4, 0), 1)


def test_tuning_streams_fit_the_training(monkeypatch):
    spec = load_paper("vonoswald2023", Config(scale="cpu")).runs["few_shot_softmax"]
    stream = tuning.stream(spec, 10, 32, None)
    assert (stream.pairs, stream.positions) == (31, 103)
    assert tuning.stream(spec, 2, 4, 14).positions == 14


def test_tuned_tokens_come_back_from_their_table(monkeypatch):
    def fake(prefix):
        values = np.arange(5.0 * prefix).reshape(-1, 5)
        return values + 100 * prefix, np.linspace(1, 0, 50)

    monkeypatch.setattr(tuning, "tuned_separator", lambda *_: fake(1))
    monkeypatch.setattr(tuning, "tuned_prefix", lambda *_: fake(2))
    monkeypatch.setattr(tuning, "network", lambda *_: None)
    params = dict(PAPER.tables["tuned_tokens"].params)
    table = tuning.tokens(Inputs(runs={"few_shot_hybrid": run("few_shot_hybrid")}, params=params))
    np.testing.assert_array_equal(tuning.values(table, "eos"), [[100, 101, 102, 103, 104]])
    prefix = tuning.values(table, "prefix")
    np.testing.assert_array_equal(prefix, 200 + np.arange(10.0).reshape(2, 5))
    losses = table[(table["quantity"] == "loss") & (table["stage"] == "eos")]
    assert losses["index"].iloc[-1] == 50
    np.testing.assert_allclose(losses["value"].mean(), 0.5)

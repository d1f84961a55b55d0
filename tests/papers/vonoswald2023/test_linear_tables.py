"""Figures 3B, 4, 9, 11 and 12: a constructed gradient step, and networks that learned nothing."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import linear_runs

from papers.vonoswald2023.figures.linear_networks import say_rises
from papers.vonoswald2023.figures.probes import by_layer
from papers.vonoswald2023.theory.gradient_steps import best_rate
from reprise.plotting import theme
from reprise.plotting.render import render
from reprise.specs.claims import Claims
from reprise.specs.load import Config, load_claims, load_paper
from reprise.stats.verdicts import NOT_TESTED, REPRODUCED, judge

FIGURES = ("fig3b fig4a fig4b fig4c fig4d fig4e fig4f fig9 fig11 fig11d fig12 fig12d").split()
CLAIMS = load_claims(load_paper(linear_runs.KEY, Config()))
OWN = Claims(
    gates={n: g for n, g in CLAIMS.gates.items() if g.criterion.table in linear_runs.names()},
    claims={n: c for n, c in CLAIMS.claims.items() if c.figure in FIGURES},
)


@pytest.fixture(scope="module")
def untrained():
    """All tables from drawn weights but for LSA-1, which is a gradient step."""
    s = linear_runs.dataset("linear_sequences")["observations"]
    step = {"lsa1": linear_runs.gradient_descent("lsa1", best_rate(s[:, :-1], s[:, 1:]))}
    made = {}
    for name in linear_runs.names():
        made[name] = linear_runs.make(name, step, made)
    return made


def test_a_gradient_step_has_the_loss_of_gradient_descent(untrained):
    table = untrained["linear_losses"]
    ours = table[(table["source"] == "ours") & (table["quantity"] == "loss")]
    ours = ours.pivot_table(index="t", columns="model", values="value")
    np.testing.assert_allclose(ours["lsa1"], ours["gd1"], rtol=1e-4)
    assert list(ours.index) == list(range(1, 51))


def test_a_gradient_step_has_the_structure_of_one(untrained):
    found = untrained["structure_summary"]
    for quantity in ("rho_KQ", "rho_PV", "gradient_share"):
        np.testing.assert_allclose(linear_runs.quantity(found, "lsa1", quantity), 1, rtol=1e-9)
    np.testing.assert_allclose(linear_runs.quantity(found, "lsa6", "rho"), 0.1, atol=0.04)
    layers = untrained["linear_structure"]
    step = layers[(layers["model"] == "lsa1")].set_index("matrix")["largest"]
    assert dict(step) == {"KQ": "previous x current", "PV": "output x current"}


def test_a_gradient_step_is_twelve_numbers(untrained):
    found = untrained["linear_losses"]
    for part in ("compressed", "interpolation", "scalars"):
        ratio = linear_runs.quantity(found, f"lsa1 {part}", "over_network")
        np.testing.assert_allclose(ratio, 1, rtol=1e-4)
    np.testing.assert_allclose(linear_runs.quantity(found, "lsa1", "over_gd1"), 1, rtol=1e-4)


def test_late_losses_are_compared_by_their_mean(untrained):
    found = untrained["linear_losses"]
    ours = found[(found["source"] == "ours") & (found["quantity"] == "loss") & (found["t"] >= 20)]
    late = ours.groupby("model")["value"].mean()
    ratio = linear_runs.quantity(found, "lsa6", "late_over_pr2_lagged")
    np.testing.assert_allclose(ratio, late["lsa6"] / late["pr2_lagged"], rtol=1e-9)


def test_courses_are_of_every_snapshot(untrained):
    table = untrained["linear_courses"]
    ours = table[table["source"] == "ours"]
    by = ours.set_index(["model", "step"])["loss"]
    np.testing.assert_allclose(by["lsa1"].iloc[-1], by["gd1"].iloc[0], rtol=1e-4)
    np.testing.assert_allclose(by["interpolation"].iloc[-1], by["lsa1"].iloc[-1], rtol=1e-4)
    # Halfway from zeros to a step: half of both products, a quarter of the rate.
    assert by["lsa1"].iloc[0] > by["interpolation"].iloc[0] > by["lsa1"].iloc[-1]
    assert set(table["source"]) == {"ours", "authors"}


def test_claims_find_their_numbers(untrained):
    verdicts = judge(OWN, untrained, linear_runs.KEY, "smoke")
    early = verdicts["claim"] == "mesa-layer-soon"  # a toy run has no step 1,000
    assert not verdicts[~early]["statistic"].isna().any()


def judged(tables):
    """With a loss of the mesa-layer at the step that a claim asks for."""
    courses = tables["linear_courses"]
    row = {"source": "ours", "model": "mesa1", "seed": 0, "step": 1000, "loss": 1.0}
    return tables | {"linear_courses": pd.concat([courses, pd.DataFrame([row])])}


def test_one_gradient_step_reproduces_what_is_said_of_it(untrained):
    found = judge(OWN, judged(untrained), linear_runs.KEY, "cpu").set_index("claim")["verdict"]
    for claim in ("gd-step-mean", "gd-twelve-numbers", "gd-weights-block"):
        assert found[claim] == REPRODUCED


def test_networks_that_learned_nothing_say_nothing(untrained):
    found = judge(OWN, judged(untrained), linear_runs.KEY, "cpu").set_index("claim")["verdict"]
    for claim in ("probe-target-fall", "deep-weights-diagonal", "fixed-weights", "fixed-probe"):
        assert found[claim] == NOT_TESTED


@pytest.mark.parametrize("name", FIGURES)
def test_figures_draw(untrained, name):
    spec = linear_runs.PAPER.figures[name]
    with theme.apply():
        figure = linear_runs.entry(spec.entry)({t: untrained[t] for t in spec.tables})
        figure.draw_without_rendering()
    assert figure.axes
    if name == "fig4c":
        assert 5_000 < len(render(figure, "smoke")["svg"]) < 300_000


def test_probes_are_drawn_over_that_of_the_input():
    rows = [("ours", layer, t, 8.0 / (layer + 1) / t) for layer in (0, 1) for t in (2, 5, 9)]
    table = pd.DataFrame(rows, columns=["source", "layer", "t", "in_sample"])
    with theme.apply():
        _, ax = theme.figure()
        lines = by_layer(ax, table.assign(probe="p"), "p", over_input=True)
    assert list(lines) == ["input", "layer 1"]
    np.testing.assert_allclose(lines["layer 1"].get_xydata(), [[5, 0.5], [9, 0.5]])


def test_a_loss_that_rises_again_is_told():
    losses = {"lsa4": (4, 2, 1, 1.05), "lsa6": (4, 1, 2, 3)}
    rows = [(m, t, v) for m, values in losses.items() for t, v in enumerate(values, 1)]
    table = pd.DataFrame(rows, columns=["model", "t", "value"])
    table = table.assign(source="ours", quantity="loss", seed=0, low=1.0, high=1.0)
    with theme.apply():
        figure, _ = theme.figure()
        say_rises(figure, table, list(losses))
    assert figure.get_label() == "LSA-6: least at t = 2, 3 times as much at t = 4."


def test_tables_are_plain(untrained):
    for name, table in untrained.items():
        assert len(table), name
        assert table.index.equals(pd.RangeIndex(len(table))), name


def test_members_that_failed_are_left_out():
    runs = linear_runs.PAPER.runs
    failed = {
        name: linear_runs.result(runs[name], failed=[0]) for name in ("lsa1", "mesa1", "lsa6")
    }
    data = {"linear_sequences": linear_runs.dataset("linear_sequences", sequences=8)}
    table = linear_runs.make("linear_losses", failed, data=data)
    own = table[table["source"] == "ours"].set_index("model")
    assert own.loc["lsa1", "value"].isna().all()
    assert own.loc["lsa2", "value"].notna().all()
    courses = linear_runs.make("linear_courses", failed, data=data)
    assert not set(courses.query("source == 'ours'")["model"]) & {"lsa1", "mesa1"}
    assert len(linear_runs.make("linear_weights", failed)) == 0
    probes = linear_runs.make("linear_probes", failed)
    assert set(probes["source"]) == {"authors"}

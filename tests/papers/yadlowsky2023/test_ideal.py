"""What is judged, on exact Bayes: the findings hold for it, and not for a network without them."""

import ideal_paper
import numpy as np
import pytest

from papers.yadlowsky2023.theory.least_squares import min_norm
from reprise.specs.claims import CONTRADICTED, INCONCLUSIVE, NOT_TESTED, REPRODUCED, Claims
from reprise.specs.load import Config, load_claims, load_paper
from reprise.stats.verdicts import judge

CLAIMS = load_claims(load_paper("yadlowsky2023", Config()))
LINEAR = ["linear_summary", "nonzeros_summary"]
CURVES = ["curve_estimators", "curve_networks"]
FREQUENCIES = ["frequency_errors", "tail_errors"]
SUMS = ["sum_sweep", "sum_draws"]
NETWORKS = ("histogram", "mean", "causal")

STRICTER_THAN_BAYES = {
    # Between n = s and the first example that tells the classes apart a mixture has to lag, and the
    # more so the less precisely it reads its labels; noise-free Bayes meets both bounds.
    "mixture-hugs-least-squares",
    # With labels read as precisely as here it lies 0.06 (0.05 to 0.08) from both specialists.
    "between-specialists",
    # With so few prompts the interval reaches beyond 0.
    "gap-shrinks",
}


def verdicts(tables, scale="cpu"):
    """Claim -> verdict of the claims and gates that read ``tables``."""
    gates = {n: g for n, g in CLAIMS.gates.items() if g.criterion.table in tables}
    claims = {
        n: c
        for n, c in CLAIMS.claims.items()
        if c.criterion.table in tables and (c.gate is None or c.gate in gates)
    }
    judged = judge(Claims(gates=gates, claims=claims), tables, "yadlowsky2023", scale)
    return judged.set_index("claim")["verdict"]


@pytest.fixture(scope="module")
def linear():
    with pytest.MonkeyPatch.context() as patch:
        ideal_paper.patch(patch)
        return ideal_paper.tables(LINEAR)


def test_exact_bayes_selects_models_as_the_paper_says(linear):
    found = verdicts(linear)
    assert set(found) == {REPRODUCED, INCONCLUSIVE, NOT_TESTED}
    assert set(found.index[found == INCONCLUSIVE]) == STRICTER_THAN_BAYES
    # At the cpu scale no weight is below a quarter, and the ideal networks have one seed.
    untested = {"rare-mixture-hugs-least-squares", "between-is-no-noise"}
    assert set(found.index[found == NOT_TESTED]) == untested
    for claim in ("mixture-equals-specialist-sparse", "distances-cross"):
        assert found[claim] == REPRODUCED


def test_the_ideal_network_and_bayes_of_its_precision_agree(linear):
    summary = linear["linear_summary"].set_index(["source", "quantity"])["value"]
    assert summary["bayes_tolerant", "effective_noise"] == ideal_paper.PRECISION
    tolerant = summary["bayes_tolerant"].drop("effective_noise")
    np.testing.assert_allclose(summary["network"], tolerant)


def test_noise_free_bayes_meets_the_bounds_that_an_imprecise_one_misses(linear):
    summary = linear["linear_summary"].set_index(["source", "quantity"])["value"]
    assert summary["bayes", "fig2a_gap"] <= 0.05 < summary["network", "fig2a_gap"]
    assert summary["bayes", "fig2a_gap_rare"] <= 0.10 < summary["network", "fig2a_gap_rare"]


def test_networks_that_only_know_dense_functions_are_gated(monkeypatch):
    ideal_paper.patch(monkeypatch, lambda spec, params, inputs, y: min_norm(inputs, y))
    tables = ideal_paper.tables(LINEAR)
    found = verdicts(tables)
    assert found.pop("dense-only-is-least-squares") == REPRODUCED
    assert set(found) == {NOT_TESTED}
    # What the gate holds back would not have been reproduced either.
    ungated = Claims(
        claims={
            name: claim.model_copy(update={"gate": None})
            for name, claim in CLAIMS.claims.items()
            if claim.criterion.table in tables
        }
    )
    judged = judge(ungated, tables, "yadlowsky2023", "cpu").set_index("claim")["verdict"]
    for claim in (
        "wrong-specialist-sparse",
        "sparse-only-fails-on-dense",
        "mixture-beats-least-squares",
        "mixture-near-lasso",
        "between-specialists",
        "specialists-cross",
    ):
        assert judged[claim] == CONTRADICTED


@pytest.fixture(scope="module")
def curves():
    with pytest.MonkeyPatch.context() as patch:
        ideal_paper.patch(patch)
        return ideal_paper.tables([*CURVES, *FREQUENCIES, *SUMS, "counter_verdicts"])


BEYOND_BAYES = {
    # Exact Bayes blends in the plotted example alone, and never its convex combinations.
    "example-blends-causal-convex",
    *(
        f"{where}-blends-{network}"
        for where in ("steep-sum", "long-context")
        for network in NETWORKS
    ),
}


def test_exact_bayes_fails_on_combinations_and_the_control_does_not(curves):
    found = verdicts(curves)
    assert set(found.index[found == CONTRADICTED]) == BEYOND_BAYES
    # With so few prompts an error of four times the median's is not told from one of five times,
    # and that of exact Bayes on combinations falls by about as much as the bound allows.
    open_ = {"rare-frequencies-learned", "examples-do-not-help"}
    assert set(found.index[found == INCONCLUSIVE]) <= open_
    assert set(found.index[found == NOT_TESTED]) == {"combinations-fail-causal-convex-noisy"}


def test_both_verdicts_hold_for_exact_bayes_on_sums(curves):
    table = curves["counter_verdicts"]
    held = table[table["quantity"] == table["verdict"]].set_index(
        ["network", "predictor", "verdict"]
    )
    for network in NETWORKS:
        for verdict in ("D", "S"):
            assert held.loc[(network, "bayes", verdict), "met"]
    assert held.loc[("causal, convex", "bayes", "D"), "met"]
    assert not held.loc[("causal, convex", "bayes", "S"), "met"]


def test_exact_bayes_on_sums_has_the_published_blends(curves):
    # Known values: slope and amplitude at m = 0.23 after 5, 10, 20 and 40 points.
    table = curves["sum_sweep"]
    chosen = (table["model"] == "bayes") & (table["kind"] == "equispaced")
    rows = table[chosen & np.isclose(table["slope"], 0.23)].set_index("n")
    np.testing.assert_allclose(rows["c_lin"], [0.10, 0.07, 0.04, 0.01], atol=0.006)
    np.testing.assert_allclose(rows["c_sin"], [0.06, 0.145, 0.17, 0.19], atol=0.006)
    np.testing.assert_allclose(rows["p_sine"], [0.31, 0.73, 0.86, 0.96], atol=0.006)
    np.testing.assert_allclose(rows["nmse"], [0.39, 0.26, 0.30, 0.35], atol=0.03)

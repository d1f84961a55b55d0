"""Verdicts by the rules of the claims file, on tables whose answer is known."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, ttest_1samp

from reprise.specs.claims import Claims, Criterion
from reprise.specs.errors import ConfigError, validate
from reprise.stats.verdicts import COLUMNS, judge, measure, other_rounding

RULE = {"table": "t", "at_least": 0.9}


def claims(
    criterion: dict[str, Any], learned: dict[str, Any] | None = None, **claim: Any
) -> Claims:
    base = {
        "figure": "F1",
        "statement": "It holds.",
        "source": "Figure 1",
        "scales": ["cpu"],
        "threshold": {"source": "paper", "why": "Its Table 1."},
    }
    data: dict[str, Any] = {"claims": {"c": {**base, "criterion": criterion, **claim}}}
    if learned is not None:
        data["gates"] = {"learned": {"statement": "It learned.", "criterion": learned}}
        data["claims"]["c"]["gate"] = "learned"
    return validate(Claims, data, "claims.yaml")


def row(frame: pd.DataFrame, *arguments: Any, scale: str = "cpu", **keywords: Any) -> pd.Series:
    made = judge(claims(*arguments, **keywords), {"t": frame}, "demo", scale)
    assert list(made.columns) == list(COLUMNS)
    return made.iloc[0]


def rule(statistic: str) -> Criterion:
    return Criterion(table="t", statistic=statistic, at_least=0.0)  # type: ignore[arg-type]


def one(value: float, low: float = math.nan, high: float = math.nan) -> pd.DataFrame:
    return pd.DataFrame({"value": [value], "low": [low], "high": [high]})


@pytest.mark.parametrize(
    ("frame", "rule", "verdict"),
    [
        (one(0.95), {"at_least": 0.9}, "reproduced"),
        (one(0.9), {"at_least": 0.9}, "reproduced"),
        (one(0.89), {"at_least": 0.9}, "contradicted"),
        (one(0.95, 0.91, 0.99), {"at_least": 0.9}, "reproduced"),
        (one(0.95, 0.85, 0.99), {"at_least": 0.9}, "inconclusive"),
        (one(0.89, 0.85, 0.99), {"at_least": 0.9}, "inconclusive"),
        (one(0.89, 0.85, 0.899), {"at_least": 0.9}, "contradicted"),
        (one(0.05), {"at_most": 0.1}, "reproduced"),
        (one(0.05, 0.01, 0.2), {"at_most": 0.1}, "inconclusive"),
        (one(0.2, 0.15, 0.3), {"at_most": 0.1}, "contradicted"),
        (one(0.5), {"at_least": 0.4, "at_most": 0.6}, "reproduced"),
        (one(0.7), {"at_least": 0.4, "at_most": 0.6}, "contradicted"),
        (one(0.5, 0.45, 0.7), {"at_least": 0.4, "at_most": 0.6}, "inconclusive"),
        (one(0.5, 0.3, 0.7), {"at_least": 0.4, "at_most": 0.6}, "inconclusive"),
        (one(math.nan), {"at_least": 0.9}, "not tested"),
        (one(math.nan), {"at_most": 0.9}, "not tested"),
        (one(math.inf), {"at_most": 0.9}, "contradicted"),
        (one(0.95).drop(columns=["low", "high"]), {"at_least": 0.9}, "reproduced"),
        (pd.DataFrame({"value": []}), {"at_most": 0.9}, "not tested"),
    ],
)
def test_statistic_and_interval_decide(
    frame: pd.DataFrame, rule: dict[str, float], verdict: str
) -> None:
    assert row(frame, {"table": "t", **rule})["verdict"] == verdict


@pytest.mark.parametrize(
    ("value", "verdict"), [(0.95, "reproduced"), (0.6, "partly"), (0.4, "contradicted")]
)
def test_a_weaker_criterion_gives_partly(value: float, verdict: str) -> None:
    assert row(one(value), RULE, partly={"table": "t", "at_least": 0.5})["verdict"] == verdict


@pytest.mark.parametrize(
    ("gate", "verdict", "words", "reason"),
    [
        (
            {"table": "t", "at_least": 0.99},
            "not tested",
            "learned: not met",
            "gate learned: 0.8, needs >= 0.99",
        ),
        ({"table": "t", "at_least": 0.5}, "contradicted", "learned: met", ""),
    ],
)
def test_an_unmet_gate_forbids_judgement(
    gate: dict[str, Any], verdict: str, words: str, reason: str
) -> None:
    found = row(one(0.8), RULE, gate)
    assert (found["verdict"], found["gate"], found["reason"]) == (verdict, words, reason)


def test_a_gate_is_met_where_its_statistic_is() -> None:
    rule = {"table": "t", "at_least": 0.1}
    assert row(one(0.95, 0.8, 1.0), rule, {**rule, "at_least": 0.9})["verdict"] == "reproduced"


def test_a_scale_that_is_not_listed_is_not_judged_but_measured() -> None:
    found = row(one(0.95), RULE, scale="smoke", not_tested="too few steps")
    assert (found["verdict"], found["reason"]) == ("not tested", "scale: too few steps")
    assert found["statistic"] == 0.95


def test_a_row_says_everything() -> None:
    found = row(one(0.95, 0.91, 0.99), RULE, paper_value=1.0, calibration="0.93 in one run")
    assert found.to_dict() == {
        "paper": "demo",
        "claim": "c",
        "kind": "finding",
        "figure": "F1",
        "statement": "It holds.",
        "gate": "",
        "statistic": 0.95,
        "low": 0.91,
        "high": 0.99,
        "networks": "one network",
        "threshold": ">= 0.9",
        "threshold_source": "paper: Its Table 1.",
        "paper_value": "1.0",
        "calibration": "0.93 in one run",
        "other_rounding": "",
        "verdict": "reproduced",
        "reason": "",
        "scale": "cpu",
    }


SEEDS = pd.DataFrame({"seed": range(4), "value": [0.91, 0.93, 0.95, 0.89]})
OVER = {**RULE, "statistic": "mean", "over": "seed"}


def test_a_mean_over_networks_has_their_interval_and_counts_those_that_meet_it() -> None:
    found = row(SEEDS, OVER)
    exact = ttest_1samp(SEEDS["value"], 0).confidence_interval(0.95)
    np.testing.assert_allclose([found["low"], found["high"]], exact)
    assert (found["networks"], found["verdict"]) == ("3 of 4 seeds", "inconclusive")


def test_a_geometric_mean_over_networks_is_the_mean_of_logarithms() -> None:
    found = row(SEEDS, {**OVER, "statistic": "geometric_mean"})
    logarithms = np.log(SEEDS["value"])
    exact = np.exp(ttest_1samp(logarithms, 0).confidence_interval(0.95))
    np.testing.assert_allclose([found["low"], found["high"]], exact)
    assert found["statistic"] == pytest.approx(np.exp(logarithms.mean()))


def test_a_value_says_on_how_many_networks_it_was_measured() -> None:
    found = row(one(0.95, 0.91, 0.99).assign(networks=12), RULE)
    assert (found["networks"], found["verdict"]) == ("12 networks", "reproduced")


def test_two_networks_are_judged_by_the_data_alone() -> None:
    frame = SEEDS[:2].assign(low=lambda f: f["value"] - 0.1, high=lambda f: f["value"] + 0.1)
    for statistic in ("mean", "geometric_mean"):
        found = row(frame, {**OVER, "statistic": statistic})
        assert found["high"] - found["low"] == pytest.approx(0.2, rel=0.01)
        assert found["networks"] == "2 of 2 seeds"


def test_tasks_of_one_network_are_no_networks() -> None:
    tasks = SEEDS.rename(columns={"seed": "task"})
    rule = {**OVER, "over": "task"}
    assert row(tasks, rule)["networks"].endswith(" of 4 tasks, one network")
    assert row(tasks.assign(networks=3), rule)["networks"].endswith(" of 4 tasks, 3 networks")


def test_too_few_networks_are_not_judged() -> None:
    found = row(SEEDS, {**OVER, "min_networks": 5})
    assert (found["verdict"], found["reason"]) == ("not tested", "seeds: 4 of at least 5")


def test_a_network_has_one_row() -> None:
    with pytest.raises(ValueError, match="claim c: table t: seed does not tell its 8 rows apart"):
        row(pd.concat([SEEDS, SEEDS]), OVER)


def test_among_networks_of_which_there_is_none_nothing_is_tested() -> None:
    frame = SEEDS.assign(learned=False)
    found = row(frame, {**OVER, "where": {"learned": True}, "min_networks": 1})
    assert (found["verdict"], found["reason"]) == ("not tested", "seeds: 0 of at least 1")


def test_a_derivation_has_no_networks() -> None:
    assert row(one(0.95), RULE, kind="derivation")["networks"] == ""


def test_a_verdict_that_other_rounding_turns_is_inconclusive() -> None:
    rules = claims(RULE)
    there, own = (judge(rules, {"t": one(value)}, "demo", "cpu") for value in (0.5, 0.94))
    known = other_rounding(rules, there, own)
    here = judge(rules, {"t": one(0.95)}, "demo", "cpu", known).iloc[0]
    assert here["verdict"] == "inconclusive"
    assert here["reason"] == "reproduced here, contradicted with other rounding"
    assert here["other_rounding"] == "contradicted (0.5)"
    # Verdicts of another scale, or by another rule, say nothing.
    other = claims({**RULE, "at_least": 0.8})
    for foreign in (other_rounding(other, there, own), known.assign(scale="gpu")):
        alone = judge(rules, {"t": one(0.95)}, "demo", "cpu", foreign).iloc[0]
        assert (alone["verdict"], alone["other_rounding"]) == ("reproduced", "")


def test_of_several_trees_with_other_rounding_each_can_turn_a_verdict() -> None:
    rules = claims(RULE)
    trees = [judge(rules, {"t": one(value)}, "demo", "cpu") for value in (0.97, 0.5)]
    known = pd.concat([other_rounding(rules, tree, trees[0]) for tree in trees])
    here = judge(rules, {"t": one(0.95)}, "demo", "cpu", known).iloc[0]
    assert here["verdict"] == "inconclusive"
    assert here["reason"] == "reproduced here, contradicted with other rounding"
    assert here["other_rounding"] == "reproduced (0.97), contradicted (0.5)"


def test_other_rounding_counts_at_another_scale_where_the_same_networks_are_measured() -> None:
    rules = claims(RULE, scales=["cpu", "night"])
    there, own = (judge(rules, {"t": one(value)}, "demo", "cpu") for value in (0.5, 0.95))
    known = other_rounding(rules, there, own)
    for value, verdict in ((0.95, "inconclusive"), (0.96, "reproduced")):
        here = judge(rules, {"t": one(value)}, "demo", "night", known).iloc[0]
        assert here["verdict"] == verdict
    # A share of 1 is the same number on whatever networks.
    more = judge(rules, {"t": one(0.95).assign(networks=8)}, "demo", "night", known).iloc[0]
    assert more["verdict"] == "reproduced"


def test_rows_are_chosen_by_where() -> None:
    frame = pd.DataFrame(
        {"quantity": ["a", "b", "b"], "seed": [0, 0, 1], "value": [0.1, 0.95, 0.2]}
    )
    rule = {**RULE, "where": {"quantity": "b", "seed": 0}}
    assert row(frame, rule)["statistic"] == 0.95


@pytest.mark.parametrize("hits", [0, 3, 9, 10])
def test_share_has_the_exact_interval(hits: int) -> None:
    frame = pd.DataFrame({"value": [True] * hits + [False] * (10 - hits)})
    found = measure(frame, rule("share"))
    exact = binomtest(hits, 10).proportion_ci(0.95, "exact")
    assert found.statistic == hits / 10
    np.testing.assert_allclose([found.low, found.high], [exact.low, exact.high], rtol=1e-9)


@pytest.mark.parametrize("statistic", ["median", "mean"])
def test_median_and_mean_carry_an_interval_around_them(statistic: str) -> None:
    values = np.random.default_rng(0).normal(size=25)
    found = measure(pd.DataFrame({"value": values}), rule(statistic))
    assert found.statistic == pytest.approx(getattr(np, statistic)(values))
    assert values.min() < found.low < found.statistic < found.high < values.max()


@pytest.mark.parametrize(("statistic", "expected"), [("min", 1.0), ("max", 5.0), ("count", 3.0)])
def test_other_statistics_have_no_interval(statistic: str, expected: float) -> None:
    found = measure(pd.DataFrame({"value": [2.0, 5.0, 1.0]}), rule(statistic))
    assert found.statistic == expected
    assert math.isnan(found.low) and math.isnan(found.high)


@pytest.mark.parametrize("statistic", ["median", "mean", "min", "max"])
def test_one_missing_value_is_not_passed_over(statistic: str) -> None:
    frame = pd.DataFrame({"value": [1.0, math.nan, 3.0]})
    assert math.isnan(measure(frame, rule(statistic)).statistic)


@pytest.mark.parametrize(
    ("values", "statistic", "words"),
    [
        ([1.0, 0.0], "geometric_mean", "needs positive numbers, found 0"),
        ([1.0, -2.0], "geometric_mean", "needs positive numbers, found -2"),
        ([1.0, math.nan], "share", "1 values are missing"),
    ],
)
def test_values_that_have_no_such_statistic_leave_their_claim_untested(
    values: list[float], statistic: str, words: str
) -> None:
    frame = pd.DataFrame({"value": values, "seed": [0, 1]})
    for criterion in ({"statistic": statistic}, {"statistic": statistic, "over": "seed"}):
        found = row(frame, {**RULE, **criterion})
        assert found["verdict"] == "not tested"
        assert words in found["reason"]


def test_counting_nothing_gives_zero() -> None:
    assert measure(pd.DataFrame({"value": []}), rule("count")).statistic == 0


@pytest.mark.parametrize(
    ("frame", "criterion", "words"),
    [
        (
            pd.concat([one(1.0)] * 2),
            RULE,
            "claim c: table t: 'value' needs exactly one row, found 2",
        ),
        (one(0.5), {**RULE, "statistic": "share"}, "'share' needs a true/false column"),
        (one(0.5), {**RULE, "column": "vlaue"}, "claim c: table t has no column 'vlaue'"),
        (one(0.5), {**RULE, "where": {"sede": 1}}, "claim c: table t has no column 'sede'"),
    ],
)
def test_a_criterion_that_does_not_fit_is_named(
    frame: pd.DataFrame, criterion: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        row(frame, criterion)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"criterion": {"table": "t"}}, "set at_least, at_most, or both"),
        ({"criterion": {**RULE, "statistic": "medain"}}, "did you mean 'median'"),
        ({"criterion": {**RULE, "atleast": 1}}, "did you mean 'at_least'"),
        ({"criterion": {**RULE, "over": "seed"}}, "'over' needs a statistic of mean"),
        ({"criterion": {**RULE, "min_networks": 3}}, "'min_networks' needs 'over'"),
        ({"threshold": {"source": "papre", "why": "."}}, "did you mean 'paper'"),
        ({"kind": "findng"}, "did you mean 'finding'"),
        ({"gate": "lerned"}, "claims.c.gate names 'lerned', which does not exist"),
        ({"scales": []}, "claims.c.scales: .*at least 1"),
        ({"scales": ["gpuu"]}, "did you mean 'gpu'"),
    ],
)
def test_a_malformed_claim_is_refused(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        claims(**{"criterion": RULE, **change})


ACCURACY = pd.DataFrame({"quantity": ["test_accuracy", "loss"], "value": [0.95, 0.2]})
MISSPELT = {**RULE, "where": {"quantity": "tst_accuracy"}}
RIGHT = {**RULE, "where": {"quantity": "test_accuracy"}}


@pytest.mark.parametrize(
    ("choices", "what"),
    [
        ({"criterion": MISSPELT}, "claim c"),
        ({"criterion": {**MISSPELT, "statistic": "count"}}, "claim c"),
        ({"criterion": RIGHT, "learned": MISSPELT}, "gate learned"),
        ({"criterion": {**RIGHT, "at_least": 0.99}, "partly": MISSPELT}, "claim c"),
    ],
)
def test_rows_that_are_not_there_are_an_error_with_the_nearest(
    choices: dict[str, Any], what: str
) -> None:
    words = f"{what}: table t has no row with quantity 'tst_accuracy' .did you mean 'test_accuracy'"
    with pytest.raises(ValueError, match=words):
        row(ACCURACY, **choices)
    assert row(ACCURACY, **choices, scale="smoke")["verdict"] == "not tested"


def test_rows_of_a_kind_may_be_counted_to_none() -> None:
    frame = ACCURACY.assign(good=False)
    found = row(frame, {"table": "t", "where": {"good": True}, "statistic": "count", "at_least": 1})
    assert (found["statistic"], found["verdict"]) == (0, "contradicted")


def test_two_claims_by_one_rule_are_refused() -> None:
    data = claims(RULE).model_dump(exclude_none=True)
    data["claims"]["d"] = data["claims"]["c"]
    with pytest.raises(ConfigError, match=r"claims\.d is judged exactly as claims\.c is"):
        validate(Claims, data, "claims.yaml")

"""Similarity, layers and controls against means taken by hand."""

import made_up_answers
import numpy as np
import pytest
from made_up_tables import make, tables

from papers.dai2022.tables import orders


@pytest.fixture(scope="module")
def nothing(null):
    return tables(null, ["task_values", "overall"])


def row(table, **where):
    chosen = table[np.logical_and.reduce([table[k] == v for k, v in where.items()])]
    assert len(chosen) == 1, where
    return chosen.iloc[0]


def test_values_are_means_over_layers_and_queries(planted, whole):
    for task in ("sst2", "cb"):
        for measure in ("simaou", "simam_delta", "kendall"):
            values = planted[f"measures_{task}"][f"main.{measure}.prompt_end"].astype(float)
            place = {"task": task, "measure": measure, "position": "prompt_end"}
            found = row(whole["similarity"], **place)
            each = [[sum(layer) / len(layer) for layer in order] for order in values]
            assert found["value"] == pytest.approx(np.mean(each), abs=1e-12)
            queries, orders = (np.mean(each, axis=axis) for axis in (0, 1))
            error = np.hypot(*(np.std(x, ddof=1) / np.sqrt(len(x)) for x in (queries, orders)))
            assert 0.45 < (found["high"] - found["low"]) / (3.92 * error) < 1.6
            assert found["n"] == values.shape[1]


def test_numbers_of_a_task_are_differences_of_means(planted, whole):
    arrays, table = planted["measures_mr"], whole["task_values"]

    def mean(name):
        return arrays[name].astype(float).mean()

    expected = {
        "simam_gain": mean("main.simam_after.label0") - mean("main.simam_before.label0"),
        "kendall_prompt_end": mean("main.kendall.prompt_end"),
        "kendall_over_position": mean("main.kendall.label0") - mean("main.kendall_position.label0"),
        "kendall_learning": abs(mean("main.kendall.label0") - mean("main.kendall_rate0.label0")),
        "simaou_least_rate": arrays["rates.simaou"][0].astype(float).mean(),
    }
    for quantity, value in expected.items():
        found = row(table, task="mr", quantity=quantity)["value"]
        assert found == pytest.approx(value, abs=1e-9), quantity


def test_layers_are_means_over_queries(planted, whole):
    values = planted["measures_subj"]["main.simaou.label0"].astype(float)
    table = whole["layers"]
    rows = table[(table["task"] == "subj") & (table["measure"] == "simaou")]
    rows = rows[rows["position"] == "label0"].sort_values("layer")
    np.testing.assert_allclose(rows["value"], values.mean(axis=(0, 1)), atol=1e-12)
    assert rows["layer"].tolist() == list(range(1, made_up_answers.LAYERS + 1))
    assert (rows["depth"].iloc[0], rows["depth"].iloc[-1]) == (0, 1)
    changes = planted["measures_subj"]["main.simam_delta.label0"].astype(float)
    first, middle = changes[..., :10].mean(), changes[..., 10:20].mean()
    found = row(whole["task_values"], task="subj", quantity="middle_over_first")["value"]
    assert found == pytest.approx(middle - first, abs=1e-9)


def test_the_least_of_tasks_is_the_least(whole):
    values, table = whole["task_values"], whole["overall"]
    each = [row(values, task=t, quantity="kendall")["value"] for t in made_up_answers.TASKS]
    assert row(table, source="least", quantity="kendall")["value"] == pytest.approx(min(each))


def test_planted_similarity_is_found_and_none_is_not(whole, nothing):
    for found, there in ((whole, True), (nothing, False)):
        least = row(found["overall"], source="least", quantity="simaou")
        assert (least["value"] > 0.05) == there
        for quantity in ("simam_gain", "middle_over_last"):
            own = found["task_values"]
            values = own[own["quantity"] == quantity]["value"]
            assert (values.min() > 0) == there


def test_controls_are_compared_on_the_same_queries(planted, whole):
    table, arrays = whole["controls"], planted["measures_sst5"]
    other = arrays["controls.cross_task.simaou.label0"].astype(float)
    main = arrays["main.simaou.label0"][0, : len(other)].astype(float)
    place = {"task": "sst5", "measure": "simaou", "position": "label0"}
    found = row(table, comparison="cross_task", **place)
    assert found["value"] == pytest.approx(other.mean(), abs=1e-12)
    values = whole["task_values"]
    less = row(values, task="sst5", quantity="simaou_over_cross_task")["value"]
    assert less == pytest.approx((main - other).mean(), abs=1e-12)
    place = {"task": "sst5", "measure": "simaou_by_length", "position": "label0"}
    by_length = row(table, comparison="cross_task", **place)["value"]
    raw = arrays["controls.cross_task.simaou_raw.label0"].astype(float)
    assert by_length == pytest.approx((other - raw).mean(), abs=1e-12)


def test_a_critics_control_is_held_against_its_share(planted, whole):
    arrays = planted["measures_cb"]
    other = arrays["controls.untrained.simaou.label0"].astype(float)
    main = arrays["main.simaou.label0"][0, : len(other)].astype(float)
    found = row(whole["task_values"], task="cb", quantity="simaou_untrained_over_share")["value"]
    assert found == pytest.approx(other.mean() - 0.4 * main.mean(), abs=1e-9)


def test_what_is_missing_is_left_out():
    few = made_up_answers.datasets(tasks=("sst2", "mr"), comparisons=("untrained",))
    few["measures_mr"] = {k: v for k, v in few["measures_mr"].items() if "untrained" not in k}
    made = tables(few, ["controls", "similarity", "task_values", "orders"])
    table = made["controls"]
    assert set(table["comparison"]) == {"main", "untrained"}
    own = table[(table["comparison"] == "untrained") & (table["measure"] == "simaou")]
    assert set(own["task"]) == {"sst2", "mean"}
    assert set(made["similarity"]["task"]) == {"sst2", "mr", "mean"}
    values = made["task_values"]
    known = values[values["quantity"] == "simaou_over_untrained"]
    assert known["task"].tolist() == ["sst2"]
    one = {
        k: v[:1] if k.split(".")[0] in ("icl", "ft") else v for k, v in few["measures_mr"].items()
    }
    found = {}
    make("orders", {"measures_mr": one}, found)
    assert found["orders"].empty


def test_the_deviation_over_orders_is_that_of_many_queries():
    rng = np.random.default_rng(3)
    truth = 0.7 + 0.05 * rng.normal(size=10)
    found = []
    for _ in range(200):
        hits = rng.random((10, 60)) < truth[:, None]
        accuracy = np.concatenate([hits.mean(axis=1)[None], hits.mean(axis=1)[None]])
        found.append(orders.deviation(hits, accuracy)[0] ** 2)
    # Without the correction it would be 0.058 ** 2 more: the variance of 60 answers.
    assert np.mean(found) == pytest.approx(truth.var(ddof=1), rel=0.25)


def test_orders_matter_where_they_do(whole, nothing):
    for found, there in ((whole, True), (nothing, False)):
        table = found["task_values"]
        values = table[table["quantity"] == "order_icl_ft"]["value"]
        assert (values.mean() > 3) == there
    table = whole["orders"]
    own = table[table["condition"] != "difference"].dropna(subset=["sample"])
    assert (own["sample"] >= own["value"]).all()

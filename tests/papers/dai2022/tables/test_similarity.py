"""Similarity, layers and controls against means taken by hand."""

import made_up_answers
import numpy as np
import pytest
from made_up_tables import make, tables

from papers.dai2022.tables import controls, layers, orders
from reprise.results import Inputs


@pytest.fixture(scope="module")
def nothing(null):
    return tables(null, ["similarity_summary", "controls_summary"])


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
            each = [sum(layer) / len(layer) for layer in values]
            assert found["value"] == pytest.approx(sum(each) / len(each), abs=1e-12)
            error = 1.96 * np.std(each, ddof=1) / np.sqrt(len(each))
            assert found["high"] - found["low"] == pytest.approx(2 * error, rel=0.15)
            assert found["n"] == len(values)


def test_kendall_below_is_paired(planted, whole):
    arrays = planted["measures_mr"]
    own, zero = (arrays[f"main.{m}.label0"].astype(float) for m in ("kendall", "kendall_rate0"))
    found = row(whole["kendall"], task="mr", measure="kendall_rate0", position="label0")
    assert found["below"] == pytest.approx((own - zero).mean(), abs=1e-12)
    assert set(whole["kendall"]["measure"]) == {m for m in made_up_answers.MEANS if "kendall" in m}


def test_layers_are_means_over_queries(planted, whole):
    values = planted["measures_subj"]["main.simaou.label0"].astype(float)
    table = whole["layers"]
    rows = table[(table["task"] == "subj") & (table["measure"] == "simaou")]
    rows = rows[rows["position"] == "label0"].sort_values("layer")
    np.testing.assert_allclose(rows["value"], values.mean(axis=0), atol=1e-12)
    assert rows["layer"].tolist() == list(range(1, made_up_answers.LAYERS + 1))
    assert (rows["depth"].iloc[0], rows["depth"].iloc[-1]) == (0, 1)
    place = {"task": "subj", "measure": "simaou", "position": "label0", "third": "middle"}
    third = row(whole["thirds"], **place)
    assert third["value"] == pytest.approx(values[:, 10:20].mean(), abs=1e-12)


@pytest.mark.parametrize("count", [1, 2, 4, 24])
def test_thirds_split_all_layers(count):
    parts = list(layers.in_thirds(np.arange(3.0 * count).reshape(3, count)))
    assert len(parts) == min(count, 3)
    if count == 24:
        assert [part[0] for part in parts] == [3.5, 11.5, 19.5]


def test_null_errors_count_standard_errors_of_the_random_baseline(planted, whole):
    arrays = planted["measures_agnews"]
    own, random = (arrays[f"main.{m}.label0"].mean(axis=1) for m in ("simaou", "simaou_random"))
    error = random.astype(float).std(ddof=1) / np.sqrt(len(random))
    found = row(whole["similarity_summary"], source="agnews", quantity="simaou_null_errors")
    assert found["value"] == pytest.approx((own.mean() - random.mean()) / error, rel=1e-4)


def test_the_least_of_tasks_is_the_least(whole):
    table = whole["similarity_summary"]
    each = [row(table, source=t, quantity="kendall")["value"] for t in made_up_answers.TASKS]
    assert row(table, source="label0", quantity="kendall_least")["value"] == min(each)
    assert row(table, source="label0", quantity="kendall")["value"] == pytest.approx(np.mean(each))


def test_planted_similarity_is_found_and_none_is_not(whole, nothing):
    for found, there in ((whole, True), (nothing, False)):
        table = found["similarity_summary"]
        least = row(table, source="label0", quantity="simaou_least")
        assert (least["value"] > 0.05) == there
        tasks = row(table, source="label0", quantity="simam_tasks")["value"]
        assert tasks == 6 if there else tasks <= 2
        middle = row(table, source="label0", quantity="simam_delta_middle_over_last")
        assert (middle["low"] > 0) == there
    errors = row(nothing["similarity_summary"], source="label0", quantity="simaou_null_errors")
    assert errors["value"] < 5


def test_controls_are_compared_on_the_same_queries(planted, whole):
    table, arrays = whole["controls"], planted["measures_sst5"]
    main, other = (
        arrays[f"controls.{c}.simaou.label0"].astype(float) for c in ("main", "cross_task")
    )
    place = {"task": "sst5", "measure": "simaou", "position": "label0"}
    found = row(table, comparison="cross_task", **place)
    assert found["value"] == pytest.approx(other.mean(), abs=1e-12)
    assert found["below"] == pytest.approx((main - other).mean(), abs=1e-12)
    assert row(table, comparison="main", **place)["below"] == 0
    summary = whole["controls_summary"]
    share = row(summary, source="untrained", quantity="simaou_share")
    assert share["value"] == pytest.approx(made_up_answers.SHARES["untrained"], abs=0.05)
    assert row(summary, source="layer_causal", quantity="kendall_tasks_above")["value"] == 6


def test_fewer_queries_are_compared_with_the_first_of_main(planted):
    arrays = dict(planted["measures_cb"])
    altered = "controls.untrained.kendall.label0"
    arrays[altered] = arrays[altered][:25]
    inputs = Inputs(datasets={"measures_cb": arrays})
    place = {"task": "cb", "comparison": "untrained", "measure": "kendall", "position": "label0"}
    found = row(controls.controls(inputs), **place)
    main = arrays["controls.main.kendall.label0"][:25].astype(float).mean()
    other = arrays[altered].astype(float).mean()
    assert found["below"] == pytest.approx(main - other, abs=1e-7)


def test_what_is_missing_is_left_out(planted):
    few = made_up_answers.datasets(tasks=("sst2", "mr"), comparisons=("main", "untrained"))
    few["measures_mr"] = {k: v for k, v in few["measures_mr"].items() if "untrained" not in k}
    made = tables(few, ["controls", "controls_summary", "similarity", "orders"])
    table = made["controls"]
    assert set(table["comparison"]) == {"main", "untrained"}
    own = table[(table["comparison"] == "untrained") & (table["measure"] == "simaou")]
    assert set(own["task"]) == {"sst2", "mean"}
    main = row(made["controls_summary"], source="main", quantity="simaou")["value"]
    assert main == pytest.approx(made_up_answers.MEANS["simaou"], abs=0.02)
    assert set(made["similarity"]["task"]) == {"sst2", "mr", "mean"}
    without = {k: v for k, v in few["measures_sst2"].items() if ".order." not in k}
    found = {}
    make("orders", {"measures_sst2": without}, found)
    assert found["orders"].empty


def test_the_deviation_over_orders_is_that_of_many_queries():
    rng = np.random.default_rng(3)
    truth = 0.7 + 0.05 * rng.normal(size=10)
    found = []
    for _ in range(200):
        hits = rng.random((10, 60)) < truth[:, None]
        accuracy = np.concatenate([hits.mean(axis=1)[None], hits.mean(axis=1)[None]])
        found.append(orders.deviation(hits, accuracy)[0] ** 2)
    # Without the correction it would be .058 ** 2 more: the variance of 60 answers.
    assert np.mean(found) == pytest.approx(truth.var(ddof=1), rel=0.25)


def test_orders_matter_where_they_do(whole, nothing):
    summary = whole["controls_summary"]
    assert row(summary, source="orders", quantity="difference")["low"] > 0
    same = row(nothing["controls_summary"], source="orders", quantity="difference")
    assert same["low"] < 0 < same["high"]
    table = whole["orders"]
    own = table[table["condition"] != "difference"].dropna(subset=["sample"])
    assert (own["sample"] >= own["value"]).all()

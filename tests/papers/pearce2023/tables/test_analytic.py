"""Tables of the constructed solution, on sizes small enough to check by hand."""

import numpy as np
import pytest

from papers.pearce2023.tables import analytic, analytic_summary
from reprise.results import Inputs

PAIRS = [[2, 12], [30, 50], [5, 45]]


def table(function, tables=None, **params):
    return function(Inputs(params=params, tables=tables or {}))


@pytest.fixture(scope="module")
def tables():
    found = {
        "circle_embedding": table(analytic.embedding, modulus=67),
        "linear_examples": table(analytic.linear_examples, modulus=67, pairs=PAIRS),
        "linear_accuracy": table(analytic.linear_accuracy, smallest=12, largest=67),
        "projection_examples": table(
            analytic.projection_examples, modulus=67, neurons=5, rotation=0.15, pairs=PAIRS
        ),
        "every_output": table(
            analytic.every_output, modulus=67, neurons=[3, 4, 5, 6, 8], rotation=0.15
        ),
        "moduli_examples": table(
            analytic.moduli_examples, moduli=[12, 67], neurons=5, rotation=0.15
        ),
        "neurons_by_modulus": table(
            analytic.neurons_by_modulus, neurons=[3, 5, 6], smallest=12, largest=40, rotation=0.15
        ),
        "square_logits": table(
            analytic.square_logits, modulus=67, neurons=[4, 5], rotation=0.15, pair=[2, 12]
        ),
        "square_checks": table(analytic.square_checks, modulus=67, neurons=[4, 5], rotation=0.15),
    }
    found["analytic_summary"] = table(
        analytic_summary.analytic_summary,
        found,
        modulus=67,
        rotation=0.15,
        neurons=[5, 6],
        smallest=12,
        largest=40,
    )
    return found


def test_embedding_of_four_numbers_is_the_axes():
    got = table(analytic.embedding, modulus=4)
    np.testing.assert_allclose(got[["cos", "sin"]], [[1, 0], [0, 1], [-1, 0], [0, -1]], atol=1e-15)


def test_linear_examples_are_answered_and_the_mean_is_the_midpoint(tables):
    got = tables["linear_examples"]
    assert got["answer"].tolist() == got["target"].tolist() == [14, 13, 50]
    points = tables["circle_embedding"][["cos", "sin"]].to_numpy()
    midpoint = (points[got["a"]] + points[got["b"]]) / 2
    np.testing.assert_allclose(got[["mean_x", "mean_y"]], midpoint)


def test_linear_accuracy_of_even_moduli_is_one_less_the_opposite_pairs(tables):
    got = tables["linear_accuracy"].set_index("modulus")
    assert got.loc[13, "accuracy"] == 1.0
    assert got.loc[12, "accuracy"] == pytest.approx(1 - 1 / 12)
    assert got.loc[12, "opposite"] == pytest.approx(1 / 12)
    assert got["only_opposite_fail"].all()


def test_projections_sum_to_the_output(tables):
    for _, group in tables["projection_examples"].groupby(["a", "b"]):
        total = group[["out_x", "out_y"]].mul(group["activation"], axis=0).sum()
        np.testing.assert_allclose(total, group[["output_x", "output_y"]].iloc[0])
        assert (group["answer"] == group["target"]).all()
        assert (group["activation"] >= 0).all()


def test_every_output_lies_at_its_target_plus_its_error(tables):
    got = tables["every_output"]
    angle = np.arctan2(got["y"], got["x"]) * 67 / (2 * np.pi)
    difference = (angle - got["target"] - got["error"] + 33.5) % 67 - 33.5
    np.testing.assert_allclose(difference, 0, atol=1e-9)
    assert (got["target"] % 67 == 2 * got["number"] % 67).all()
    assert got["target"].abs().max() <= 33.5
    assert got.groupby("neurons")["right"].all().to_dict() == {
        3: False,
        4: False,
        5: True,
        6: False,
        8: False,
    }


def test_errors_scale_with_the_modulus(tables):
    got = tables["neurons_by_modulus"].set_index(["neurons", "modulus"])["max_error"]
    assert got[5, 40] == pytest.approx(got[5, 20] * 2, rel=0.02)
    assert got[6, 21] < 0.5 <= got[6, 22]


def test_square_logits_follow_the_formula_except_for_four_neurons(tables):
    got = tables["square_logits"]
    wrong = (got["logit"] - got["formula"]).abs() > 1e-9
    assert set(got.loc[wrong, "neurons"]) == {4}
    best = got[got["neurons"] == 5].set_index("c")["logit"].idxmax()
    assert best == 14
    assert tables["square_checks"].set_index("neurons")["proven"].to_dict() == {4: False, 5: True}


def test_summary_values(tables):
    rows = tables["analytic_summary"].set_index(["quantity", "neurons", "modulus"])["value"]
    assert rows["embedding_error", 0, 67] < 1e-12
    assert rows["linear_odd_accuracy_min", 0, 0] == 1.0
    assert rows["linear_even_accuracy_max", 0, 0] == pytest.approx(1 - 1 / 66)
    assert rows["linear_even_fails_only_opposite", 0, 0] == 1.0
    assert rows["max_error", 5, 67] == pytest.approx(0.282, abs=5e-4)
    assert rows["accuracy", 5, 67] == 1.0
    assert rows["largest_perfect_modulus", 6, 0] == 21
    assert rows["largest_perfect_modulus", 5, 0] == 40
    assert rows["odd_to_even_error_max", 0, 67] == pytest.approx(0.282 / 1.64, rel=0.01)
    assert rows["square_formula_error", 5, 67] < 1e-9 < rows["square_formula_error", 4, 67]


def test_summary_sees_a_wrong_embedding(tables):
    wrong = tables["circle_embedding"].assign(sin=lambda t: -t["sin"])
    got = table(
        analytic_summary.analytic_summary,
        {**tables, "circle_embedding": wrong},
        modulus=67,
        rotation=0.15,
        neurons=[5, 6],
        smallest=12,
        largest=13,
    )
    assert got.loc[got["quantity"] == "embedding_error", "value"].item() > 0.1

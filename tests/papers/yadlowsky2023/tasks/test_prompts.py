"""Evaluation prompts: paired draws, queries of the same function, sums of a line and a sine."""

import numpy as np
import pytest

from papers.yadlowsky2023.spec import Convex, Law, Line, Sine, Sparse
from papers.yadlowsky2023.tasks.prompts import line_plus_sine, prompts


def combination(alpha: float) -> Convex:
    return Convex(kind="convex", alpha=Law(fixed=alpha))


def test_prompts_follow_their_seed_and_are_float64():
    made = prompts(Sparse(kind="sparse", nonzeros=2), 5, 9, 3, dims=4)
    again = prompts(Sparse(kind="sparse", nonzeros=2), 5, 9, 3, dims=4)
    assert made["inputs"].shape == (5, 9, 4) and made["y"].shape == (5, 9)
    assert set(made) == {"inputs", "y"} and made["y"].dtype == np.float64
    np.testing.assert_array_equal(made["y"], again["y"])
    assert (made["y"] != prompts(Sparse(kind="sparse", nonzeros=2), 5, 9, 4, dims=4)["y"]).all()


def test_numbers_of_nonzeros_share_their_inputs():
    few, many = (prompts(Sparse(kind="sparse", nonzeros=m), 5, 9, 3, dims=4) for m in (1, 3))
    np.testing.assert_array_equal(few["inputs"], many["inputs"])


def test_weights_of_a_combination_share_line_and_sine():
    grid = np.linspace(-2, 2, 5)
    made = [prompts(combination(a), 6, 8, 0, queries=grid) for a in (0.0, 0.3, 1.0)]
    for name in ("inputs", "f_lin", "f_sin", "query_f_lin", "query_f_sin"):
        np.testing.assert_array_equal(made[0][name], made[1][name])
    for prefix in ("", "query_"):
        blend = 0.3 * made[2][f"{prefix}y"] + 0.7 * made[0][f"{prefix}y"]
        np.testing.assert_allclose(made[1][f"{prefix}y"], blend)
    np.testing.assert_allclose(made[2]["y"], made[2]["f_lin"])


def test_queries_are_of_the_prompts_own_function():
    made = prompts(Line(), 6, 8, 0, queries=np.array([2.0, 0.0]))
    slope = made["y"][:, 0] / made["inputs"][:, 0, 0]
    np.testing.assert_allclose(made["query_y"], np.stack([2 * slope, 0 * slope], axis=1), atol=1e-9)
    np.testing.assert_array_equal(made["query_x"], [[2.0, 0.0]] * 6)


def test_noise_is_on_the_labels_alone():
    clean, noisy = (prompts(Sine(), 400, 5, 0, noise=s, queries=np.ones(1)) for s in (0, 0.1))
    assert (noisy["y"] - clean["y"]).std() == pytest.approx(0.1, rel=0.1)
    np.testing.assert_array_equal(noisy["f_sin"], clean["y"])
    np.testing.assert_array_equal(noisy["query_y"], clean["query_y"])


def test_sums_are_equispaced_and_noise_free_by_default():
    made = line_plus_sine(np.array([0.23, 0.4]), 5, queries=3)
    np.testing.assert_allclose(made["context_x"], [[-1, -0.5, 0, 0.5, 1]] * 2)
    expected = [0.4 * x + 0.2 * np.sin(3 * np.pi * x) for x in (-1, -0.5, 0, 0.5, 1)]
    np.testing.assert_allclose(made["context_y"][1], expected)
    blend = np.array([[0.23], [0.4]]) * made["query_f_lin"] + 0.2 * made["query_f_sin"]
    np.testing.assert_allclose(made["query_y"], blend)


def test_sums_at_random_inputs_with_noise():
    slopes = np.full(300, 0.3)
    made = line_plus_sine(slopes, 10, noise=0.1, random_inputs=True, seed=4)
    x = made["context_x"]
    assert (np.abs(x) <= 1).all() and len(np.unique(x)) == 3000
    rest = made["context_y"] - 0.3 * x - 0.2 * np.sin(3 * np.pi * x)
    assert rest.std() == pytest.approx(0.1, rel=0.06)

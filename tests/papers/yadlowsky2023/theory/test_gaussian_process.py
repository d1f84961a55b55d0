"""Gaussian processes: plain conditioning, sampled networks, brute-force marginal likelihood."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from papers.shared.rng import FromSeed
from papers.yadlowsky2023.spec import Relu
from papers.yadlowsky2023.tasks.function_classes import draw, values
from papers.yadlowsky2023.tasks.prompts import prompts
from papers.yadlowsky2023.theory.gaussian_process import (
    LENGTH_SCALES,
    arc_cosine,
    relu_networks,
    sequential,
    squared_exponential,
)
from papers.yadlowsky2023.theory.linear_bayes import linear_class


def test_a_linear_kernel_is_bayes_on_dense_functions():
    rng = np.random.default_rng(0)
    inputs, y = rng.normal(size=(5, 9, 4)), rng.normal(size=(5, 9))
    found = sequential(np.einsum("nid,njd->nij", inputs, inputs) / 4, y, 0.2)
    expected = linear_class(inputs, y, 4, 0.2)
    np.testing.assert_allclose(found.mean, expected.mean, rtol=1e-8, atol=1e-9)
    np.testing.assert_allclose(found.log_evidence, expected.log_evidence, rtol=1e-8, atol=1e-9)


def test_positions_are_conditioned_on_earlier_ones():
    rng = np.random.default_rng(1)
    root, y = rng.normal(size=(1, 6, 6)), rng.normal(size=(1, 6))
    kernel = root @ root.swapaxes(1, 2)
    found = sequential(kernel, y, 0.3)
    for n in range(1, 6):
        past = kernel[0, :n, :n] + 0.09 * np.eye(n)
        mean = kernel[0, n, :n] @ np.linalg.solve(past, y[0, :n])
        assert found.mean[0, n] == pytest.approx(mean)
        expected = multivariate_normal(cov=past).logpdf(y[0, :n])
        assert found.log_evidence[0, n] == pytest.approx(expected)
    assert found.mean[0, 0] == 0 and found.log_evidence[0, 0] == 0


def test_the_arc_cosine_kernel_is_the_covariance_of_random_networks():
    function, x = Relu(kind="relu", hidden=5), np.random.default_rng(0).normal(size=(1, 4, 3))
    drawn = draw(function, FromSeed(0), 200_000, 3)
    y = values(function, drawn, np.broadcast_to(x, (200_000, 4, 3)))
    products = y[:, :, None] * y[:, None]
    deviation = products.std(axis=0) / np.sqrt(200_000)
    assert (np.abs(products.mean(axis=0) - arc_cosine(x, x)[0]) < 4.5 * deviation).all()
    np.testing.assert_allclose(np.diagonal(arc_cosine(x, x)[0]), (x[0] ** 2).sum(axis=1) / 3)


def test_the_arc_cosine_kernel_at_zero_is_zero():
    assert arc_cosine(np.zeros((1, 1, 3)), np.ones((1, 2, 3))).tolist() == [[[0.0, 0.0]]]


def test_relu_prompts_become_easier_and_beat_the_linear_predictor():
    made = prompts(Relu(kind="relu", hidden=50), 400, 26, 0, dims=5)
    error = ((relu_networks(made["inputs"], made["y"]).mean - made["y"]) ** 2).mean(axis=0)
    linear = linear_class(made["inputs"], made["y"], 5, 0.3).mean
    assert error[0] == pytest.approx(1, abs=0.25) and error[25] < 0.4 * error[0]
    assert error[25] < 0.9 * ((linear[:, 25] - made["y"][:, 25]) ** 2).mean()


def test_the_length_scale_has_the_greatest_marginal_likelihood():
    rng = np.random.default_rng(3)
    x = rng.normal(size=(3, 9))
    y = np.sin(np.array([[0.5], [2.0], [5.0]]) * x)
    query = np.linspace(-1, 1, 5)[None].repeat(3, 0)
    found = squared_exponential(x, y, query, noise=0.05)
    for i in range(3):
        best = -np.inf
        for length in LENGTH_SCALES:
            kernel = np.exp(-0.5 * ((x[i][:, None] - x[i]) / length) ** 2) + 0.0025 * np.eye(9)
            variance = y[i] @ np.linalg.solve(kernel, y[i]) / 9
            likelihood = multivariate_normal(cov=variance * kernel).logpdf(y[i])
            if likelihood > best:
                best = likelihood
                cross = np.exp(-0.5 * ((query[i][:, None] - x[i]) / length) ** 2)
                expected = cross @ np.linalg.solve(kernel, y[i])
        np.testing.assert_allclose(found[i], expected, rtol=1e-6, atol=1e-8)


def test_smooth_curves_are_interpolated():
    x = np.linspace(-2, 2, 15)[None]
    query = np.linspace(-1.9, 1.9, 30)[None]
    found = squared_exponential(x, np.sin(2 * x), query)
    assert np.abs(found - np.sin(2 * query)).max() < 0.02


def test_no_pairs_and_zero_labels_predict_zero():
    query = np.ones((2, 3))
    assert (squared_exponential(np.zeros((2, 0)), np.zeros((2, 0)), query) == 0).all()
    assert (squared_exponential(np.ones((2, 1)), np.zeros((2, 1)), query) == 0).all()

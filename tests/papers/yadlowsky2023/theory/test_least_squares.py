"""Least squares at every position: against numpy.linalg.lstsq and the closed-form error."""

import numpy as np
import pytest

from papers.yadlowsky2023.spec import Sparse
from papers.yadlowsky2023.tasks.prompts import prompts
from papers.yadlowsky2023.theory.least_squares import min_norm


def reference(inputs, y):
    found = np.zeros(y.shape)
    for prompt in range(len(y)):
        for n in range(1, y.shape[1]):
            weights = np.linalg.lstsq(inputs[prompt, :n], y[prompt, :n], rcond=1e-8)[0]
            found[prompt, n] = inputs[prompt, n] @ weights
    return found


@pytest.mark.parametrize("noise", [0.0, 0.5])
def test_predictions_are_those_of_lstsq(noise):
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(20, 13, 5))
    y = np.einsum("npd,nd->np", inputs, rng.normal(size=(20, 5))) + noise * rng.normal(
        size=(20, 13)
    )
    np.testing.assert_allclose(min_norm(inputs, y), reference(inputs, y), rtol=1e-6, atol=1e-6)


def test_repeated_missing_and_inactive_inputs():
    rng = np.random.default_rng(1)
    inputs = rng.normal(size=(10, 9, 4))
    inputs[:, 2] = inputs[:, 0]
    inputs[:, 3] = 0
    inputs[5:, :, 2:] = 0
    y = rng.normal(size=(10, 9))
    np.testing.assert_allclose(min_norm(inputs, y), reference(inputs, y), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("nonzeros", [2, 8])
def test_the_expected_error_is_one_minus_n_over_d(nonzeros):
    made = prompts(Sparse(kind="sparse", nonzeros=nonzeros), 2000, 17, 0, dims=8)
    squared = (min_norm(made["inputs"], made["y"]) - made["y"]) ** 2
    expected = np.maximum(0, 1 - np.arange(17) / 8)
    deviation = squared.std(axis=0) / np.sqrt(2000)
    assert (np.abs(squared.mean(axis=0) - expected) < 4 * deviation + 1e-12).all()


def test_single_precision_prompts_are_computed_in_double():
    rng = np.random.default_rng(2)
    inputs = rng.normal(size=(4, 9, 3)).astype(np.float32)
    y = rng.normal(size=(4, 9)).astype(np.float32)
    found = min_norm(inputs, y)
    assert found.dtype == np.float64
    np.testing.assert_array_equal(found, min_norm(inputs.astype(float), y.astype(float)))

"""Linear probes: errors of known least-squares problems."""

import numpy as np
import pytest

from papers.vonoswald2023.analysis.linear_probes import probe_errors


def test_a_linear_target_has_no_error() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3, 5))
    found = probe_errors(x, x @ rng.normal(size=(5, 2)), batch=20)
    assert found.in_sample.shape == found.held_out.shape == (3,)
    np.testing.assert_allclose([found.in_sample, found.held_out], 0, atol=1e-20)


def test_pure_noise_has_the_errors_of_theory() -> None:
    """n samples and p regressors: in sample (1 - p/n) of 1/2, held out (1 + p/(n - p - 1))."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(400, 500, 10)), rng.normal(size=(400, 500, 1))
    two, ten = probe_errors(x[:80], y[:80], batch=40), probe_errors(x, y, batch=40)
    for found in (two, ten):
        np.testing.assert_allclose(found.in_sample.mean(), 0.5 * (1 - 10 / 40), rtol=0.03)
    np.testing.assert_allclose(two.held_out.mean(), 0.5 * (1 + 10 / 29), rtol=0.03)
    np.testing.assert_allclose(ten.held_out.mean(), 0.5 * (1 + 10 / 349), rtol=0.01)


def test_the_rounding_of_activations_is_no_feature() -> None:
    """Ten numbers written as forty in single precision fit noise as ten do."""
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(4000, 1, 10)), rng.normal(size=(4000, 1, 1))
    wide = (x.astype(np.float32) @ rng.normal(size=(10, 40)).astype(np.float32)).astype(np.float32)
    assert np.linalg.matrix_rank(wide[:200, 0], rtol=1e-12) == 40
    found, expected = probe_errors(wide, y, batch=200), probe_errors(x, y, batch=200)
    np.testing.assert_allclose(found.in_sample, expected.in_sample, rtol=1e-4)
    np.testing.assert_allclose(found.held_out, expected.held_out, rtol=1e-4)


def test_samples_with_far_targets_are_left_out_on_request() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(60, 1, 2))
    y = x @ np.ones((2, 1))
    y[[5, 45]] = 1e3
    assert probe_errors(x, y, batch=30).in_sample[0] > 100
    found = probe_errors(x, y, batch=30, drop_far=True)
    np.testing.assert_allclose([found.in_sample, found.held_out], 0, atol=1e-20)


def test_one_batch_is_too_few() -> None:
    with pytest.raises(ValueError, match="two batches of 30 samples"):
        probe_errors(np.zeros((59, 1, 1)), np.zeros((59, 1, 1)), batch=30)

"""The Fourier quantities against closed forms and NumPy's complex transform."""

import numpy as np
import pytest

from papers.pearce2023.analysis import fourier


@pytest.mark.parametrize("modulus", [2, 3, 8, 67])
def test_basis_is_orthonormal(modulus):
    rows = fourier.basis(modulus)
    np.testing.assert_allclose(rows @ rows.T, np.eye(modulus), atol=1e-13)


@pytest.mark.parametrize("modulus", [5, 8, 67])
def test_power_is_that_of_the_complex_transform(modulus):
    weights = np.random.default_rng(0).normal(size=(2, modulus, 3))
    spectrum = np.abs(np.fft.rfft(weights, axis=1)) ** 2 / modulus
    both_signs = np.full(spectrum.shape[1], 2.0)
    both_signs[0] = 1
    if modulus % 2 == 0:
        both_signs[-1] = 1
    expected = spectrum * both_signs[:, None]
    np.testing.assert_allclose(fourier.power(fourier.transform(weights)), expected, rtol=1e-12)


def waves(modulus, frequencies, angles, amplitude=1.0):
    """Neurons amplitude * cos(2 pi f x / M - angle): coefficients point at ``angle``."""
    x = np.arange(modulus)[:, None]
    return amplitude * np.cos(
        2 * np.pi * np.asarray(frequencies) * x / modulus - np.asarray(angles)
    )


def test_pure_waves():
    frequencies, angles = [4, 4, 9, 33], [0.1, -2.0, 3.0, 1.0]
    weights = waves(67, frequencies, angles, amplitude=3.0)
    found, size = fourier.neuron_frequencies(weights)
    assert found.tolist() == frequencies
    vectors = fourier.vectors(weights, np.array(frequencies))
    np.testing.assert_allclose(np.hypot(*vectors.T), 3 * np.sqrt(67 / 2), rtol=1e-12)
    np.testing.assert_allclose(size, np.abs(vectors).max(axis=1), rtol=1e-12)
    np.testing.assert_allclose(fourier.phases(vectors), angles, rtol=1e-12)
    np.testing.assert_allclose(fourier.own_share(weights), 1, rtol=1e-12)
    assert fourier.concentration(weights) == pytest.approx(1)


def test_concentration_is_of_the_five_strongest_frequencies():
    weights = waves(67, [4, 4, 9, 12, 20, 27, 33], np.zeros(7))
    assert fourier.concentration(weights) == pytest.approx(6 / 7)


def test_constant_counts_as_power_but_not_as_a_frequency():
    weights = waves(67, [5], [0.0]) + 1.0
    # cos^2 sums to 67/2 and the constant to 67.
    assert fourier.own_share(weights)[0] == pytest.approx(1 / 3)
    assert fourier.concentration(weights) == pytest.approx(1 / 3)
    assert fourier.neuron_frequencies(np.ones((67, 1)))[0].tolist() == [0]


def test_white_noise_spreads_its_power():
    weights = np.random.default_rng(1).normal(size=(67, 24))
    assert 5 / 34 < fourier.concentration(weights) < 0.25
    assert np.median(fourier.own_share(weights)) < 0.3


def test_leading_axes_are_snapshots():
    weights = np.random.default_rng(2).normal(size=(4, 11, 3))
    np.testing.assert_allclose(
        fourier.concentration(weights), [fourier.concentration(w) for w in weights], rtol=1e-12
    )
    stacked = fourier.neuron_frequencies(weights)[0]
    assert stacked.tolist() == [fourier.neuron_frequencies(w)[0].tolist() for w in weights]


def test_zero_weights_have_no_shares():
    assert np.isnan(fourier.concentration(np.zeros((7, 2))))
    assert np.isnan(fourier.own_share(np.zeros((7, 2)))).all()


@pytest.mark.parametrize(("modulus", "frequency"), [(67, 0), (67, 34), (8, 4)])
def test_vectors_need_a_sine(modulus, frequency):
    with pytest.raises(ValueError, match="frequencies"):
        fourier.vectors(np.ones((modulus, 1)), np.array([frequency]))


def test_angles_wrap():
    degrees = np.rad2deg(
        fourier.angle_between(np.deg2rad([179, 10, -350]), np.deg2rad([-179, 350, 10]))
    )
    np.testing.assert_allclose(degrees, [2, 20, 0], atol=1e-9)
    gaps = np.rad2deg(fourier.circular_gaps(np.deg2rad([-10, 80, 200])))
    np.testing.assert_allclose(sorted(gaps), [90, 120, 150])

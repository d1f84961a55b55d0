"""Groups of neurons and their logits, against the constructed solution and brute force."""

import numpy as np
import pytest

from papers.pearce2023.analysis import frequency_groups as fg


def constructed(frequencies=(4, 7), neurons=7, modulus=67, scale=4.0):
    """Evenly spread in-phases, twice the angle out, per frequency (appendix of the article)."""
    x = 2 * np.pi * np.arange(modulus)[:, None] / modulus
    phase = 2 * np.pi * np.arange(neurons) / neurons
    w_input = np.concatenate([scale * np.cos(f * x - phase) for f in frequencies], axis=1)
    w_output = np.concatenate([scale * np.cos(f * x - 2 * phase) for f in frequencies], axis=1).T
    return w_input, w_output


def test_groups_order_and_doubling_of_the_constructed_solution():
    w_input, w_output = constructed()
    shuffle = np.random.default_rng(0).permutation(14)
    found = fg.analyse(w_input[:, shuffle], w_output[shuffle])
    assert found.groups == [4, 7]
    assert found.group.tolist() == [4 if neuron < 7 else 7 for neuron in shuffle]
    assert np.rad2deg(found.doubling_error).max() < 1e-9
    ordered = shuffle[found.order]
    assert ordered[:7].max() < 7 <= ordered[7:].min()
    phases = np.arctan2(found.in_vector[:, 1], found.in_vector[:, 0])[found.order]
    assert (np.diff(phases[:7]) > 0).all()
    assert (np.diff(phases[7:]) > 0).all()


def test_weak_neurons_belong_to_no_group_and_come_last():
    w_input, w_output = constructed()
    w_input[:, 0] *= 0.01
    w_input[:, 1] = 1.0
    found = fg.analyse(w_input, w_output)
    assert found.group[:3].tolist() == [0, 0, 4]
    assert found.frequency[:3].tolist() == [4, 0, 4]
    assert set(found.order[-2:]) == {0, 1}
    assert np.all(found.in_vector[1] == 0)


def test_earlier_weights_are_seen_at_the_final_frequencies():
    w_input, w_output = constructed()
    final = fg.analyse(w_input, w_output)
    rng = np.random.default_rng(1)
    earlier = fg.at(rng.normal(size=w_input.shape), w_output, final)
    assert earlier.frequency.tolist() == final.frequency.tolist()
    assert not np.allclose(earlier.in_vector, final.in_vector)
    np.testing.assert_allclose(earlier.out_vector, final.out_vector)


def test_group_logits_by_brute_force():
    rng = np.random.default_rng(2)
    w_input, w_output = rng.normal(size=(5, 3)), rng.normal(size=(3, 5))
    members = np.array([True, False, True])
    found = fg.group_logits(w_input, w_output, members)
    for a in range(5):
        for b in range(5):
            for c in range(5):
                expected = sum(
                    max(w_input[a, n] + w_input[b, n], 0) * w_output[n, c] for n in (0, 2)
                )
                assert found[a, b, c] == pytest.approx(expected, rel=1e-12)


def test_constructed_logits_are_cosines_and_random_ones_are_not():
    w_input, w_output = constructed(neurons=21)
    total = fg.group_logits(w_input, w_output, np.arange(42))
    assert fg.accuracy(total) == 1.0
    four = fg.group_logits(w_input, w_output, np.arange(21))
    amplitude, fit = fg.cosine_fit(four, 4)
    # 21 neurons leave an error of the order 1 / 21^2 of the amplitude.
    assert fit > 1 - 1e-4
    assert fg.one_amplitude_fit(four, 4) > 1 - 1e-4
    length = np.abs(np.cos(np.pi * 4 * np.subtract.outer(np.arange(67), np.arange(67)) / 67))
    assert np.corrcoef(amplitude.ravel(), length.ravel())[0, 1] > 0.9999
    assert fg.cosine_fit(four, 5)[1] < 0.05
    rng = np.random.default_rng(3)
    noise = fg.group_logits(rng.normal(size=(67, 21)), rng.normal(size=(21, 67)), np.arange(21))
    assert fg.cosine_fit(noise, 4)[1] < 0.2
    assert fg.accuracy(noise) < 0.1


def test_an_exact_cosine_fits_exactly_with_any_amplitudes():
    amplitudes = np.random.default_rng(4).normal(size=(11, 11))
    logits = amplitudes[..., None] * fg.cosine(11, 3) + 5.0
    found, fit = fg.cosine_fit(logits, 3)
    np.testing.assert_allclose(found, amplitudes, atol=1e-12)
    assert fit == pytest.approx(1, abs=1e-12)
    assert fg.one_amplitude_fit(logits, 3) < 0.5
    assert np.isnan(fg.cosine_fit(np.ones((5, 5, 5)), 1)[1])

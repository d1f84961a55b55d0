"""The constructed addition against complex roots of unity, brute force and the measured errors."""

import cmath
import math

import numpy as np
import pytest

from papers.pearce2023.theory import circular_addition as ca


@pytest.mark.parametrize("modulus", [2, 12, 67, 113])
def test_embedding_is_the_powers_of_the_first_root_of_unity(modulus):
    root, power = cmath.exp(2j * math.pi / modulus), 1 + 0j
    for row in ca.embedding(modulus):
        assert complex(*row) == pytest.approx(power, abs=1e-12)
        power *= root


@pytest.mark.parametrize("neurons", [3, 5, 8])
def test_out_direction_is_the_square_of_the_in_direction(neurons):
    # Squaring a unit complex number doubles its angle.
    inward = ca.in_directions(neurons, 0.15) @ np.array([1, 1j])
    outward = ca.out_directions(neurons, 0.15) @ np.array([1, 1j])
    np.testing.assert_allclose(outward, inward**2, atol=1e-14)


@pytest.mark.parametrize("modulus", [5, 67, 113])
def test_linear_construction_adds_every_pair_for_odd_modulus(modulus):
    a, b = ca.all_pairs(modulus)
    answer = ca.read_half_steps(ca.mean_points(a, b, modulus), modulus)
    np.testing.assert_array_equal(answer, (a + b) % modulus)


@pytest.mark.parametrize("modulus", [4, 66, 100])
def test_linear_construction_fails_for_even_modulus_exactly_on_opposite_points(modulus):
    a, b = ca.all_pairs(modulus)
    answer = ca.read_half_steps(ca.mean_points(a, b, modulus), modulus)
    opposite = (a - b) % modulus == modulus // 2
    np.testing.assert_array_equal(answer != (a + b) % modulus, opposite)
    assert (answer[opposite] == ca.UNDETERMINED).all()


def brute_force_output(a, b, modulus, neurons, rotation):
    mean = (cmath.exp(2j * math.pi * a / modulus) + cmath.exp(2j * math.pi * b / modulus)) / 2
    total = 0j
    for i in range(neurons):
        direction = cmath.exp(1j * (2 * math.pi * i / neurons + rotation))
        projection = mean.real * direction.real + mean.imag * direction.imag
        total += max(projection, 0.0) * direction**2
    return total


@pytest.mark.parametrize(("neurons", "rotation"), [(5, 0.15), (6, 0.0), (7, 0.4)])
def test_outputs_equal_the_sum_written_out_for_one_pair_at_a_time(neurons, rotation):
    a, b = ca.all_pairs(13)
    got = ca.outputs(ca.mean_points(a, b, 13), neurons, rotation)
    want = [
        brute_force_output(int(x), int(y), 13, neurons, rotation) for x, y in zip(a, b, strict=True)
    ]
    np.testing.assert_allclose(got @ np.array([1, 1j]), want, atol=1e-14)


def test_article_example_is_answered():
    point = ca.mean_points(np.array(2), np.array(12), 67)
    assert ca.read_numbers(ca.outputs(point, 5, 0.15), 67) == 14


def test_nearest_number_is_the_largest_logit():
    a, b = ca.all_pairs(67)
    output = ca.outputs(ca.mean_points(a, b, 67), 8, 0.15)
    np.testing.assert_array_equal(
        ca.read_numbers(output, 67), ca.logits(output, 67).argmax(axis=-1)
    )


# Values measured with an independent implementation for M = 67.
MAX_ERROR = {5: 0.282, 7: 0.098, 9: 0.045, 6: 1.64, 8: 0.589, 10: 0.282}


@pytest.mark.parametrize(("neurons", "expected"), MAX_ERROR.items())
@pytest.mark.parametrize("rotation", [0.0, 0.15])
def test_largest_error_in_numbers(neurons, expected, rotation):
    error = np.abs(ca.half_step_errors(neurons, 67, rotation)).max()
    digits = 2 if expected > 1 else 3
    assert round(float(error), digits) == expected


@pytest.mark.parametrize("rotation", [0.0, 0.15])
def test_error_vanishes_where_the_angle_hits_a_direction(rotation):
    directions = ca.in_directions(5, rotation)
    doubled = ca.outputs(directions, 5, rotation)
    cross = doubled[:, 0] * ca.out_directions(5, rotation)[:, 1]
    cross -= doubled[:, 1] * ca.out_directions(5, rotation)[:, 0]
    np.testing.assert_allclose(cross, 0, atol=1e-14)


@pytest.mark.parametrize(
    ("neurons", "low", "high"),
    [
        (5, 1, 1),
        (7, 1, 1),
        (9, 1, 1),
        (10, 1, 1),
        (8, 0.62, 0.65),
        (6, 0.185, 0.195),
        (3, 0.015, 0.035),
        (4, 0.015, 0.04),
    ],
)
def test_accuracy_on_all_pairs(neurons, low, high):
    for rotation in (0.0, 0.15):
        assert low <= ca.accuracy(neurons, 67, rotation) <= high


def test_accuracy_is_the_share_of_half_steps_within_half_a_number():
    # Each residue of a + b has the same number of pairs, and 2M angles serve M residues twice.
    for neurons in (5, 6, 8):
        error = np.abs(ca.half_step_errors(neurons, 67, 0.15))
        assert ca.accuracy(neurons, 67, 0.15) == pytest.approx(np.mean(error < 0.5), abs=1e-12)


def test_errors_of_half_steps_are_the_errors_of_the_pairs():
    a, b = ca.all_pairs(21)
    output = ca.outputs(ca.mean_points(a, b, 21), 6, 0.15) @ np.array([1, 1j])
    target = np.exp(2j * np.pi * (a + b) / 21)
    of_pairs = np.unique(np.round(np.angle(output / target) * 21 / (2 * np.pi), 9))
    of_steps = np.unique(np.round(ca.half_step_errors(6, 21, 0.15), 9))
    np.testing.assert_allclose(of_pairs, of_steps, atol=2e-9)


@pytest.mark.parametrize(("neurons", "largest"), [(5, 118), (6, 21), (8, 56), (10, 118)])
def test_largest_perfect_modulus(neurons, largest):
    assert ca.largest_perfect_modulus(neurons, 150, smallest=12) == largest


@pytest.mark.parametrize(("neurons", "largest"), [(7, 343), (9, 500), (11, 500)])
def test_largest_perfect_modulus_of_many_odd_neurons(neurons, largest):
    assert ca.largest_perfect_modulus(neurons, 500, smallest=300) == largest


def test_largest_perfect_modulus_is_below_the_smallest_where_that_fails():
    assert ca.largest_perfect_modulus(4, 20, smallest=12) == 11


@pytest.mark.parametrize("neurons", [3, 5, 6, 7, 8])
def test_square_activation_gives_the_closed_formula(neurons):
    a, b = ca.all_pairs(67)
    output = ca.outputs(ca.mean_points(a, b, 67), neurons, 0.15, np.square)
    got = ca.logits(output, 67) / (neurons / 4)
    assert np.abs(got - ca.square_formula(a, b, 67)).max() < 1e-9
    assert ca.accuracy(neurons, 67, 0.15, np.square) == 1.0


def test_square_activation_fails_with_four_neurons():
    a, b = ca.all_pairs(67)
    output = ca.outputs(ca.mean_points(a, b, 67), 4, 0.0, np.square)
    assert np.abs(ca.logits(output, 67) - ca.square_formula(a, b, 67)).max() > 0.5
    assert ca.accuracy(4, 67, 0.0, np.square) == pytest.approx(0.03, abs=0.01)


def test_square_formula_by_hand():
    # M = 4, a = 1, b = 0: cos^2(pi / 4) = 1/2 times cos((1 - c) pi / 2) = 0, 1, 0, -1.
    got = ca.square_formula(np.array(1), np.array(0), 4)
    np.testing.assert_allclose(got, [0, 0.5, 0, -0.5], atol=1e-15)

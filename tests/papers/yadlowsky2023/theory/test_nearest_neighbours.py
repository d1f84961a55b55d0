"""Nearest neighbours against a plain loop."""

import numpy as np
import pytest

from papers.yadlowsky2023.theory.nearest_neighbours import nearest_neighbours


@pytest.mark.parametrize("neighbours", [1, 3])
def test_predictions_are_those_of_a_loop(neighbours):
    rng = np.random.default_rng(0)
    inputs, y = rng.normal(size=(4, 8, 3)), rng.normal(size=(4, 8))
    found = nearest_neighbours(inputs, y, neighbours)
    for i in range(4):
        assert found[i, 0] == 0
        for n in range(1, 8):
            order = sorted(
                range(n), key=lambda m: float(np.linalg.norm(inputs[i, m] - inputs[i, n]))
            )
            assert found[i, n] == pytest.approx(np.mean([y[i, m] for m in order[:neighbours]]))

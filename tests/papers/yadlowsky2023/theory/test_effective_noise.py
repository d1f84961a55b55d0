"""The noise of a Bayesian that is disguised as a network is found."""

import numpy as np
import pytest

from papers.yadlowsky2023.spec import Sparse
from papers.yadlowsky2023.tasks.prompts import prompts
from papers.yadlowsky2023.theory.class_average import average
from papers.yadlowsky2023.theory.effective_noise import CANDIDATES, effective_noise
from papers.yadlowsky2023.theory.linear_bayes import linear_class


@pytest.mark.parametrize("noise", [0.1, 0.3])
def test_the_noise_of_a_bayesian_is_found(noise):
    made = prompts(Sparse(kind="sparse", nonzeros=4), 200, 9, 0, dims=6)
    data = (made["inputs"], made["y"])
    classes = {"dense": linear_class(*data, 6, noise), "sparse": linear_class(*data, 2, noise)}
    network = average(classes, {"dense": 0.25, "sparse": 0.75})
    network += 0.01 * np.random.default_rng(0).normal(size=network.shape)
    found, distances = effective_noise(network, *data, nonzeros=2, dense_share=0.25)
    assert found == noise and distances.argmin() == CANDIDATES.index(noise)
    assert distances.min() == pytest.approx(1e-4, rel=0.1)

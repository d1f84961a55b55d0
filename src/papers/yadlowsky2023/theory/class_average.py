"""Bayesian averaging over classes of functions (model averaging).

The prediction with the least squared error under a mixture of classes weighs each class's
posterior mean by the class's posterior probability.
"""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp


class ClassPosterior(NamedTuple):
    """What one class says, arrays of equal shape (or that broadcast)."""

    mean: np.ndarray
    """Posterior mean of f(x)."""
    log_evidence: np.ndarray
    """Log density (nats) of the labels seen before, given their inputs and the class."""


def class_probabilities(
    posteriors: Mapping[str, ClassPosterior], priors: Mapping[str, float]
) -> dict[str, np.ndarray]:
    """Posterior probability of every class of ``posteriors``; priors need not be normalised."""
    with np.errstate(divide="ignore"):
        scores = {c: p.log_evidence + np.log(priors[c]) for c, p in posteriors.items()}
    total = logsumexp(np.stack(list(scores.values())), axis=0)
    return {name: np.exp(score - total) for name, score in scores.items()}


def average(posteriors: Mapping[str, ClassPosterior], priors: Mapping[str, float]) -> np.ndarray:
    """Posterior mean under the mixture: sum over classes of probability times mean."""
    shares = class_probabilities(posteriors, priors)
    return np.sum([shares[name] * posteriors[name].mean for name in posteriors], axis=0)

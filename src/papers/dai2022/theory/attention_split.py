"""What demonstrations change in softmax attention, exactly, and what leaving out the softmax costs.

Attention over demonstrations X' and a query's own tokens X is a mean of that over each, by their
shares of the softmax's mass. Dai et al. 2022 leave the softmax out (Equation 11). Axis order: token
last in scores, [token, feature] in values; leading axes of scores are queries.
"""

from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, logsumexp, softmax


class Split(NamedTuple):
    """Attention over the own tokens and over demonstrations, and the own tokens' share."""

    own: Any
    demonstrations: Any
    own_share: Any

    @property
    def whole(self) -> Any:
        """Attention over all tokens."""
        share = self.own_share[..., None]
        return share * self.own + (1 - share) * self.demonstrations

    @property
    def update(self) -> Any:
        """What demonstrations add to attention over the own tokens, the true ICL update."""
        return (1 - self.own_share[..., None]) * (self.demonstrations - self.own)


def split(own_scores: Any, own_values: Any, demo_scores: Any, demo_values: Any) -> Split:
    """Softmax attention in two parts, from scores before the softmax and values."""
    own_mass, demo_mass = logsumexp(own_scores, axis=-1), logsumexp(demo_scores, axis=-1)
    return Split(
        own=attend(own_scores, own_values),
        demonstrations=attend(demo_scores, demo_values),
        own_share=expit(own_mass - demo_mass),
    )


def attend(scores: Any, values: Any) -> Any:
    """Softmax attention [..., feature]."""
    return softmax(scores, axis=-1) @ values


def relaxed_update(demo_scores: Any, demo_values: Any) -> Any:
    """Delta W_ICL q of Equation 12: the sum of values times scores, neither softmax nor mean."""
    return demo_scores @ demo_values


def expected_cosine(scale: Any, demonstrations: Any, own: Any) -> Any:
    """Cosine of the true and the relaxed update for many independent tokens and features.

    Scores are normal with deviation ``scale``, and values independent of them. Both updates are
    then sums of the same values, with weights exp(score) and score: the correlation is
    scale * exp(-scale^2 / 2), at most 0.61, and the own tokens' mean divides it by
    sqrt(1 + demonstrations / own).
    """
    return scale * np.exp(-(scale**2) / 2) / np.sqrt(1 + demonstrations / own)

"""Tokens of sequences: observations as they are, or set up so that one layer can learn from them.

Constructed tokens hold the present and the previous observation side by side, which plain
networks first have to bring together (von Oswald et al. 2024, Proposition 1 and Fig. 9).
"""

from typing import Any

from reprise.specs.dynamics import SLOTS


def tokens(kind: str, observations: Any) -> Any:
    """Tokens [n, T, slots * n_s] of ``observations`` s_1, ..., s_T [n, T, n_s]; s_0 is 0."""
    xp = observations.__array_namespace__()
    zero = xp.zeros_like(observations)
    previous = xp.concatenate([zero[:, :1], observations[:, :-1]], axis=1)
    filling = {"zero": zero, "current": observations, "previous": previous}
    return xp.concatenate([filling[slot] for slot in SLOTS[kind]], axis=-1)

"""Tokens of sequences: observations as they are, or set up so that one layer can learn from them.

Constructed tokens hold the present and the previous observation side by side, which plain
networks first have to bring together (von Oswald et al. 2024, Proposition 1 and Fig. 9).
"""

from typing import Any

from papers.vonoswald2023.spec import SLOTS, Sequences


def batch(spec: Sequences, observations: Any) -> dict[str, Any]:
    """``x`` [n, T, token_dims], and ``y`` [n, T, n_s], what follows each token.

    ``observations`` s_1, ..., s_{T+1} [n, T + 1, n_s].
    """
    return {"x": tokens(spec.tokens, observations[:, :-1]), "y": observations[:, 1:]}


def tokens(kind: str, observations: Any) -> Any:
    """Tokens [n, T, slots * n_s] of ``observations`` s_1, ..., s_T [n, T, n_s]; s_0 is 0."""
    xp = observations.__array_namespace__()
    filling = {
        "zero": xp.zeros_like(observations),
        "current": observations,
        "previous": previous(observations),
    }
    return xp.concatenate([filling[slot] for slot in SLOTS[kind]], axis=-1)


def previous(observations: Any) -> Any:
    """s_{t-1} at every t of ``observations`` [n, T, n_s], zero at the first."""
    xp = observations.__array_namespace__()
    first = xp.zeros_like(observations[:, :1])
    return xp.concatenate([first, observations[:, :-1]], axis=1)

"""Exact prediction of documents whose bigram tables have Dirichlet rows (MacKay and Peto 1995).

``table`` is the base [V, V], ``strength`` its weight in observations; documents are tokens
[n, T + 1], and losses [n, T] are those of tokens 2 to T + 1 in nats. All in float64.
"""

import numpy as np
from jaxtyping import Float, Int
from scipy.special import digamma

Tokens = Int[np.ndarray, "n tokens"]
Losses = Float[np.ndarray, "n targets"]
Table = Float[np.ndarray, "v v"]


def bayes(tokens: Tokens, table: Table, strength: float) -> Losses:
    """-log of (count of the pair + strength * base) / (count of the token + strength).

    Counts are those of the document so far; no predictor has a lower expected loss.
    """
    pairs, singles = _counts(tokens)
    weight = strength * table[tokens[:, :-1], tokens[:, 1:]]
    return -np.log((pairs + weight) / (singles + strength))


def base_only(tokens: Tokens, table: Table) -> Losses:
    """-log base: all that can be known without reading the document."""
    return -np.log(table[tokens[:, :-1], tokens[:, 1:]])


def table_known(tokens: Tokens, table: Table, strength: float) -> Losses:
    """What is left where the document's own table is known: the entropy floor.

    -log table[i, j] is averaged over the tables that are possible given the whole document, so
    that its expectation is that of -log of the table which the document was drawn from.
    """
    pairs, singles = _counts(tokens, whole=True)
    weight = strength * table[tokens[:, :-1], tokens[:, 1:]]
    return np.asarray(digamma(singles + strength) - digamma(pairs + weight))


def _counts(tokens: Tokens, whole: bool = False) -> tuple[np.ndarray, np.ndarray]:
    """For t = 1..T, earlier (or all) t' <= T with the same pair, and with the same token."""
    now, after = tokens[:, :-1], tokens[:, 1:]
    length = now.shape[1]
    seen = np.ones((length, length), bool) if whole else np.tri(length, k=-1, dtype=bool)
    same = (now[:, :, None] == now[:, None, :]) & seen
    both = same & (after[:, :, None] == after[:, None, :])
    return both.sum(axis=2), same.sum(axis=2)

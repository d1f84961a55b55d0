"""How alike two changes of a network are, by its attention's outputs and scores (Dai et al. 2022).

Axis order: layer, query, then width; scores are [layer, head, query, token]. NumPy and JAX arrays
of either precision are taken, and results are of their kind.
"""

from typing import Any

TINY = 1e-20
"""Added to the denominator of every cosine, as in the released code: no change is like none."""


def cosine(a: Any, b: Any) -> Any:
    """Cosine of the angle between ``a`` and ``b`` along the last axis."""
    xp = a.__array_namespace__()
    norms = xp.sqrt((a * a).sum(-1)) * xp.sqrt((b * b).sum(-1))
    return (a * b).sum(-1) / (norms + TINY)


def change(after: Any, before: Any, normalise: bool = True) -> Any:
    """``after - before`` [..., width], both first scaled to length 1 if ``normalise``."""
    return _unit(after) - _unit(before) if normalise else after - before


def simaou(icl: Any, zsl: Any, ft: Any, normalise: bool = True) -> Any:
    """SimAOU, the cosine of two changes of an attention block's output: [layer, query].

    ``icl``, ``zsl``, ``ft``: outputs [layer, query, width] after the projection and before the
    residual, in context, zero-shot and after finetuning. The paper scales each to length 1 before
    it takes differences; ``normalise=False`` does not, as Deutch et al. 2023 propose.
    """
    return cosine(change(icl, zsl, normalise), change(ft, zsl, normalise))


def simaou_against(icl: Any, zsl: Any, direction: Any) -> Any:
    """SimAOU of the change in context with any ``direction`` [layer, query, width].

    The paper's RandomDelta has entries uniform on [0, 1), drawn anew for every layer and query.
    """
    return cosine(change(icl, zsl), direction)


def simam(scores_a: Any, scores_b: Any, lengths: Any) -> Any:
    """SimAM, the cosine of two attention maps, mean over heads: [layer, query].

    ``scores_a``, ``scores_b``: scores [layer, head, query, token] before the softmax, to a query's
    own tokens alone, the first one in column 0; ``lengths`` [query] is how many those are.
    """
    valid = own_tokens(scores_a, lengths)
    return cosine(scores_a * valid, scores_b * valid).mean(1)


def simam_delta(icl: Any, zsl: Any, ft: Any, lengths: Any) -> Any:
    """SimAM of changes, ``icl - zsl`` with ``ft - zsl`` (Deutch et al. 2023): [layer, query]."""
    valid = own_tokens(zsl, lengths)
    # Masked first: padding may hold infinities, whose difference is not a number.
    zsl = zsl * valid
    return cosine(icl * valid - zsl, ft * valid - zsl).mean(1)


def own_tokens(scores: Any, lengths: Any) -> Any:
    """Which columns of ``scores`` [.., query, token] are tokens of the query: [query, token]."""
    xp = scores.__array_namespace__()
    return xp.arange(scores.shape[-1]) < xp.asarray(lengths)[:, None]


def normalised_bias(s1: Any, s2: Any) -> Any:
    """SimAOU of two independent random changes of one vector z, in many dimensions.

    ``s1``, ``s2``: |z| / |z + change|. Scaling to length 1 moves both results away from z alike,
    so that the cosine is sqrt((1 - s1)(1 - s2)) / 2 instead of 0.
    """
    return 0.5 * ((1 - s1) * (1 - s2)) ** 0.5


def _unit(x: Any) -> Any:
    xp = x.__array_namespace__()
    norm = xp.sqrt((x * x).sum(-1, keepdims=True))
    return x / xp.where(norm > 0, norm, 1)

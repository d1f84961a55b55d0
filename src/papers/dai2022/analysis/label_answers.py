"""A language model's answers among candidate labels, calibrated or not, and what they recover.

Axis order: ..., query, class. Log probabilities are those of the candidates' tokens under the
softmax over the whole vocabulary.
"""

import numpy as np
from jaxtyping import Bool, Float, Int, Integer
from scipy.special import log_softmax, logsumexp


def answers(scores: Float[np.ndarray, "... class"]) -> Int[np.ndarray, "..."]:
    """Class of the highest score."""
    return np.asarray(scores.argmax(axis=-1))


def right(
    scores: Float[np.ndarray, "... query class"], labels: Integer[np.ndarray, " query"]
) -> Bool[np.ndarray, "... query"]:
    """Whether the class of highest score is the query's; scores that are not finite are wrong."""
    finite = np.isfinite(scores).all(axis=-1)
    return np.asarray((answers(scores) == labels) & finite)


def content_free(
    log_probs: Float[np.ndarray, "... query class"], free: Float[np.ndarray, "... prompt class"]
) -> Float[np.ndarray, "... query class"]:
    """Scores relative to the candidates' mean probability after prompts without content.

    ``free``: log probabilities after those prompts (Zhao et al. 2021). Any constant, such as the
    sum of the candidates' probabilities, leaves the answers as they are.
    """
    mean = logsumexp(free, axis=-2, keepdims=True) - np.log(free.shape[-2])
    return log_probs - mean


def mean_centred(
    log_probs: Float[np.ndarray, "... query class"],
) -> Float[np.ndarray, "... query class"]:
    """Log probabilities among the candidates, minus each candidate's mean over the queries."""
    among = log_softmax(log_probs, axis=-1)
    return among - among.mean(axis=-2, keepdims=True)


def recall_terms(
    zsl: Bool[np.ndarray, "... query"],
    ft: Bool[np.ndarray, "... query"],
    icl: Bool[np.ndarray, "... query"],
) -> Float[np.ndarray, "... query 4"]:
    """What Rec2FTP counts, 0 or 1 per query, from whether each setting answers it correctly.

    Zero-shot is wrong and: finetuning right, both right, whatever else, in-context right. Means
    over (resampled) queries go to ``recalls``.
    """
    zsl, ft, icl = (np.asarray(right, bool) for right in (zsl, ft, icl))
    return np.stack([~zsl & ft, ~zsl & ft & icl, ~zsl, ~zsl & icl], axis=-1).astype(float)


def recalls(means: Float[np.ndarray, "... 4"]) -> Float[np.ndarray, "... 2"]:
    """Rec2FTP and the base recall, in percent, from means of ``recall_terms``; NaN from nothing.

    Rec2FTP: of the queries that finetuning corrects, the share that is right in context (Dai et
    al. 2022). Base recall: the same share of all queries that zero-shot gets wrong, which the
    paper leaves out.
    """
    possible, recovered = means[..., 0::2], means[..., 1::2]
    return 100 * np.divide(
        recovered, possible, out=np.full(recovered.shape, np.nan), where=possible > 0
    )

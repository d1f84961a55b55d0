"""The paper's algebra in numbers: exact identities, the softmax left out, the bias of normalising.

All draws come from the parameter ``seed``. Nothing here depends on a trained model.
"""

import numpy as np
import pandas as pd

from papers.dai2022.analysis.update_similarity import cosine, normalised_bias, simaou
from papers.dai2022.tables.theory_identities import IDENTITIES
from papers.dai2022.theory.attention_split import expected_cosine, relaxed_update, split
from reprise.results import Inputs
from reprise.stats.intervals import ENDS


def identities(inputs: Inputs) -> pd.DataFrame:
    """``identity``, ``dtype``, ``size``, ``error`` and ``relative``, of both sides of identities.

    ``error`` is the largest absolute difference over ``draws``, ``relative`` the same over the
    largest entry. Params: ``sizes`` (tokens, examples and features), ``draws``, ``seed``.
    """
    rows = []
    for name, sides in IDENTITIES.items():
        for dtype in ("float64", "float32"):
            for size in map(int, inputs.params["sizes"]):
                errors = []
                for draw in range(int(inputs.params["draws"])):
                    rng = np.random.default_rng([int(inputs.params["seed"]), size, draw])
                    one, other = (np.asarray(side, float) for side in sides(rng, size, dtype))
                    errors.append((np.abs(one - other).max(), np.abs(other).max()))
                error, largest = np.max(errors, axis=0)
                rows.append((name, dtype, size, error, error / largest))
    return pd.DataFrame(rows, columns=["identity", "dtype", "size", "error", "relative"])


def relaxation(inputs: Inputs) -> pd.DataFrame:
    """``scale``, ``demonstrations``, ``cosine``, ``low``, ``high``, ``expected`` and ``own_share``.

    The cosine of the true ICL update of a softmax head with the paper's relaxed one, for random
    keys and values: mean and middle 95 % over queries, and the limit of many tokens.
    ``scale`` is the deviation of scores. Params: ``scales``, ``demonstrations``, ``own`` (tokens of
    the query), ``width`` (of the head), ``queries``, ``seed``.
    """
    params = inputs.params
    own, width, queries = (int(params[name]) for name in ("own", "width", "queries"))
    rows = []
    for number in map(int, params["demonstrations"]):
        rng = np.random.default_rng([int(params["seed"]), number])
        scores = rng.normal(size=(queries, 1, number + own))
        values = rng.normal(size=(queries, number + own, width))
        for scale in map(float, params["scales"]):
            mine, demos = np.split(scale * scores, [own], axis=-1)
            parts = split(mine, values[:, :own], demos, values[:, own:])
            cosines = cosine(parts.update, relaxed_update(demos, values[:, own:]))
            low, high = np.quantile(cosines, ENDS)
            expected = float(expected_cosine(scale, number, own))
            share = float(parts.own_share.mean())
            rows.append((scale, number, float(cosines.mean()), low, high, expected, share))
    columns = ["scale", "demonstrations", "cosine", "low", "high", "expected", "own_share"]
    return pd.DataFrame(rows, columns=columns)


def bias(inputs: Inputs) -> pd.DataFrame:
    """``size``, ``closed_form``, ``simaou``, ``deviation`` and ``unnormalised``.

    SimAOU of two independent random changes of length ``size``, in units of the vector that they
    change: its mean and deviation over queries, the closed form, and SimAOU without normalising.
    Params: ``sizes``, ``width``, ``queries``, ``seed``.
    """
    width, queries = int(inputs.params["width"]), int(inputs.params["queries"])
    rng = np.random.default_rng(int(inputs.params["seed"]))
    z, a, b = rng.normal(size=(3, 1, queries, width)) / np.sqrt(width)
    rows = []
    for size in map(float, inputs.params["sizes"]):
        share = 1 / np.sqrt(1 + size**2)
        biases = simaou(z + size * a, z, z + size * b)
        plain = simaou(z + size * a, z, z + size * b, normalise=False)
        closed = float(normalised_bias(share, share))
        rows.append((size, closed, float(biases.mean()), float(biases.std()), float(plain.mean())))
    columns = ["size", "closed_form", "simaou", "deviation", "unnormalised"]
    return pd.DataFrame(rows, columns=columns)

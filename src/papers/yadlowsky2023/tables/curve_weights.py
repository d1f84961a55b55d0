"""What is predicted for a few prompts as the weight of the line goes from 0 to 1."""

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables.curve_examples import EXAMPLES, examples
from papers.yadlowsky2023.tables.curves import FREQUENCIES
from papers.yadlowsky2023.theory import curves
from reprise.results import Inputs

DECIMALS = 4
"""Values are of size 1: what is drawn needs no more."""


def by_weight(inputs: Inputs) -> pd.DataFrame:
    """The columns of ``curve_examples``, and the part ``nearest``.

    ``nearest`` is the line or the sine of the training classes that is nearest to the truth.
    Params as there.
    """
    table = pd.concat([examples(inputs), _nearest(inputs)], ignore_index=True)
    return table.round({"x": DECIMALS, "value": DECIMALS})


def _nearest(inputs: Inputs) -> pd.DataFrame:
    (data,) = inputs.datasets.values()
    x, line, sine = (data[name][:EXAMPLES] for name in ("grid_x", "grid_f_lin", "grid_f_sin"))
    parts = []
    for alpha in inputs.params["alphas"]:
        f = alpha * line + (1 - alpha) * sine
        fits = [curves.line(x, f, x), curves.sine(x, f, x, FREQUENCIES)]
        errors = np.stack([((fit - f) ** 2).mean(axis=1) for fit in fits])
        better = np.where((errors[0] <= errors[1])[:, None], *fits)
        prompt = np.repeat(np.arange(len(x)), x.shape[1])
        columns = {"alpha": alpha, "n": int(inputs.params["example"]), "part": "nearest"}
        columns |= {"prompt": prompt, "x": x.ravel(), "value": better.ravel()}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)

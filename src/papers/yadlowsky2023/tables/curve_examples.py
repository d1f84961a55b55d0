"""A few prompts of lines, sines and combinations with what is predicted (Figure 4)."""

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables import curves
from reprise.results import Inputs

EXAMPLES = 3
"""The first prompts of the data, whatever they are."""
FIRST = 0
"""The member that is shown: the one of the first seed."""


def examples(inputs: Inputs) -> pd.DataFrame:
    """Rows of ``part`` context, truth, network or bayes: ``alpha``, ``prompt``, ``x``, ``value``.

    Params: ``alphas`` (a panel each), ``example`` (the n), ``noise`` of the exact posterior.
    """
    (data,) = inputs.datasets.values()
    (result,) = inputs.runs.values()
    data = {name: values[:EXAMPLES] for name, values in data.items()}
    n, x, q = int(inputs.params["example"]), data["x"], data["grid_x"]
    parts = []
    for alpha in inputs.params["alphas"]:
        y, _ = curves.combination(data, alpha, 0.0)
        drawn = {
            "context": (x[:, :n], y[:, :n]),
            "truth": (q, alpha * data["grid_f_lin"] + (1 - alpha) * data["grid_f_sin"]),
            "network": (q, curves.predictions(result, FIRST, x, y, q, (n,))[0]),
            "bayes": (q, curves.bayes(x[:, :n], y[:, :n], q, float(inputs.params["noise"]))[0]),
        }
        for part, (across, values) in drawn.items():
            prompt = np.repeat(np.arange(EXAMPLES), values.shape[1])
            columns = {"alpha": alpha, "n": n, "part": part, "prompt": prompt}
            parts.append(pd.DataFrame(columns | {"x": across.ravel(), "value": values.ravel()}))
    return pd.concat(parts, ignore_index=True)

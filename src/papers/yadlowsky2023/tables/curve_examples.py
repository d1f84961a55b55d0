"""A few prompts of lines, sines and combinations with what is predicted (Figures 4 and 6)."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables import curves
from reprise.results import Inputs

EXAMPLES = 3
"""The first prompts of the data, whatever they are."""
FIRST = 0
"""The member that is shown: the one of the first seed."""
POINTS = 101
"""Where the sines of Figure 6 are drawn."""


Curves = Mapping[str, tuple[np.ndarray, np.ndarray]]
"""Part -> its x and values, each [prompt, point]."""


def examples(inputs: Inputs) -> pd.DataFrame:
    """Rows of ``part`` context, truth, network or bayes: ``alpha``, ``prompt``, ``x``, ``value``.

    Params: ``alphas`` (a panel each), ``example`` (the n), ``noise`` of the exact posterior.
    """
    (data,) = inputs.datasets.values()
    data = {name: values[:EXAMPLES] for name, values in data.items()}
    q, parts = data["grid_x"], []
    for alpha in inputs.params["alphas"]:
        y, _ = curves.combination(data, alpha, 0.0)
        truth = alpha * data["grid_f_lin"] + (1 - alpha) * data["grid_f_sin"]
        parts += _rows("alpha", alpha, inputs, _drawn(inputs, data["x"], y, q, truth))
    return pd.concat(parts, ignore_index=True)


def sines(inputs: Inputs) -> pd.DataFrame:
    """As ``examples``, of the first sine of each of param ``frequencies``, by ``frequency``."""
    (data,) = inputs.datasets.values()
    x, parts = data["x"][:1], []
    q = np.linspace(x.min(), x.max(), POINTS)[None]
    for frequency in inputs.params["frequencies"]:
        place = np.flatnonzero(data["frequency"] == frequency)[0]
        y = data["y"][place, :1]
        truth = _waves(frequency, q) @ np.linalg.lstsq(_waves(frequency, x)[0], y[0])[0]
        parts += _rows("frequency", frequency, inputs, _drawn(inputs, x, y, q, truth))
    return pd.concat(parts, ignore_index=True)


def _waves(frequency: float, x: np.ndarray) -> np.ndarray:
    """Sine and cosine [..., 2], which give every sine of this frequency."""
    return np.stack([np.sin(frequency * x), np.cos(frequency * x)], axis=-1)


def _drawn(
    inputs: Inputs, x: np.ndarray, y: np.ndarray, q: np.ndarray, truth: np.ndarray
) -> Curves:
    (result,) = inputs.runs.values()
    n, noise = int(inputs.params["example"]), float(inputs.params["noise"])
    return {
        "context": (x[:, :n], y[:, :n]),
        "truth": (q, truth),
        "network": (q, curves.predictions(result, FIRST, x, y, q, (n,))[0]),
        "bayes": (q, curves.bayes(x[:, :n], y[:, :n], q, noise)[0]),
    }


def _rows(name: str, value: float, inputs: Inputs, drawn: Curves) -> list[pd.DataFrame]:
    parts = []
    for part, (across, values) in drawn.items():
        prompt = np.repeat(np.arange(len(values)), values.shape[1])
        columns = {name: value, "n": int(inputs.params["example"]), "part": part, "prompt": prompt}
        parts.append(pd.DataFrame(columns | {"x": across.ravel(), "value": values.ravel()}))
    return parts

"""Linear functions mixed with two-layer ReLU networks (Appendix A)."""

import numpy as np
import pandas as pd

from papers.yadlowsky2023.tables.networks import at_positions
from papers.yadlowsky2023.tables.resampling import errors_frame, unlike
from papers.yadlowsky2023.theory.gaussian_process import relu_networks
from papers.yadlowsky2023.theory.least_squares import min_norm
from papers.yadlowsky2023.theory.linear_bayes import linear_class
from papers.yadlowsky2023.theory.nearest_neighbours import nearest_neighbours
from reprise.results import Inputs, RunResult
from reprise.stats.intervals import means, summary_frame

AXIS = "task.weights.linear"
CLASSES = ("dense", "sparse", "relu")
PAIRS = ("dense", "sparse")
"""The linear class of each mixture; runs are given in this order."""


def errors(inputs: Inputs) -> pd.DataFrame:
    """``class`` of the prompts, ``model``, ``n`` and statistics over prompts.

    ``model``: dense+relu, sparse+relu, dense, sparse and relu (networks trained on these), and
    least_squares, sparse_bayes, gp (arc-cosine kernel: near exact Bayes for ReLU), neighbours.
    Takes the runs with dense and with sparse functions over the axis ``task.weights.linear``.
    """
    (data,) = inputs.datasets.values()
    found: dict[tuple[str, str], np.ndarray] = {}
    for label in CLASSES:
        x, y = data["inputs"], data[f"{label}_y"]
        predictions = networks(inputs, x, y) | {
            "least_squares": min_norm(x, y),
            "sparse_bayes": linear_class(x, y, int(data["nonzeros"][0])).mean,
            "gp": relu_networks(x, y).mean,
            "neighbours": nearest_neighbours(x, y),
        }
        found |= {(label, model): (p - y) ** 2 for model, p in predictions.items()}
    return errors_frame(found, ["class", "model"])


def networks(inputs: Inputs, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """What each network is trained on -> its predictions [prompt, pair]."""
    found = {}
    for linear, result in zip(PAIRS, inputs.runs.values(), strict=True):
        for member, name in _names(linear, result).items():
            if name not in found:
                found[name] = at_positions(result.spec, result.params[member], x, y)
    return found


def relu_summary(inputs: Inputs) -> pd.DataFrame:
    """``source`` (network), ``quantity``, ``value``, ``low``, ``high``.

    ``<mixture>_on_<class>_tolerances``: the largest difference to the specialist for n >= d, over
    what counts as equal. ``relu_rises``: the largest rise of the ReLU-only network's error on dense
    functions from n = d to 5 d / 2 to 5 d. ``gate_dense_tolerances``: as for the mixtures of linear
    functions. Param: ``tolerance``.
    """
    (data,) = inputs.datasets.values()
    x, dims = data["inputs"], data["inputs"].shape[2]
    tolerance = float(inputs.params["tolerance"])
    curves = {
        label: {
            model: means((p - data[f"{label}_y"]) ** 2)
            for model, p in networks(inputs, x, data[f"{label}_y"]).items()
        }
        for label in CLASSES
    }
    found = {}
    for linear in PAIRS:
        for label in (linear, "relu"):
            own, mixed = curves[label][label], curves[label][f"{linear}+relu"]
            apart = unlike(mixed[:, dims:], own[:, dims:], tolerance)
            found[f"{linear}+relu_on_{label}_tolerances"] = apart
    on_dense = curves["dense"]["relu"]
    least = means((min_norm(x, data["dense_y"]) - data["dense_y"]) ** 2)
    places = [dims, 5 * dims // 2, 5 * dims]
    gate = [dims // 2, 2 * dims]
    known = curves["dense"]["dense"][:, gate]
    found["gate_dense_tolerances"] = unlike(known, least[:, gate], tolerance)
    found["relu_rises"] = np.diff(on_dense[:, places], axis=1).max(axis=1)
    return summary_frame({"network": found})


def _names(linear: str, result: RunResult) -> dict[int, str]:
    names = {0.0: "relu", 0.5: f"{linear}+relu", 1.0: linear}
    finite = result.members["failed_at_step"].isna()
    return {int(m): names[float(w)] for m, w in result.members.loc[finite, AXIS].items()}

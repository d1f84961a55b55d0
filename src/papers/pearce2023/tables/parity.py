"""Tables of the parity network trained with L1 (F4-F7 of Pearce et al. 2023)."""

import numpy as np
import pandas as pd

from papers.pearce2023.tables import parity_measures as measures
from papers.pearce2023.tables.parity_summary import (
    EARLY,
    SETTLED,
    distractor_weights,
    reached,
    shown_member,
)
from reprise.results import Inputs, RunResult

METRICS = ["train_accuracy", "test_accuracy", "train_loss", "test_loss"]


def learning_curves(inputs: Inputs) -> pd.DataFrame:
    """Metrics of every member (F4, F6): ``seed``, ``shown``, ``step``, accuracies and losses.

    Takes one run. ``shown`` marks the member of ``shown_member``.
    """
    (result,) = inputs.runs.values()
    metrics = result.metrics[["member", "step", *METRICS]]
    seeds = metrics["member"].map(result.members["seed"])
    shown = metrics["member"] == shown_member(result)
    return metrics.assign(seed=seeds, shown=shown)[["member", "seed", "shown", "step", *METRICS]]


def weights(inputs: Inputs) -> pd.DataFrame:
    """All weights of the shown member at several steps (F5): a row per panel, neuron and column.

    ``panel``, ``step``, ``neuron`` (0 = largest product of in-norm and out-weight at the end) and
    ``column``: input 0..digits (the last is the bias), then the output weight; ``weight``.
    """
    (result,) = inputs.runs.values()
    member = shown_member(result)
    generalised = reached(result).loc[member, "t_test_999"]
    moments = [0, EARLY, generalised, generalised + SETTLED, np.inf]
    return heatmaps(result, member, moments)


def heatmaps(result: RunResult, member: int, moments: list[float]) -> pd.DataFrame:
    """The table of ``weights`` for the last snapshots not after each of ``moments`` (steps).

    A moment that never came (NaN) and a snapshot already taken are left out.
    """
    view = result.views[member]
    both = np.concatenate([view["W_input"], view["W_output"][:, None, :]], axis=1)
    importance = np.linalg.norm(both[-1, :-1], axis=0) * np.abs(both[-1, -1])
    order = np.argsort(-importance, kind="stable")
    known = [m for m in moments if not np.isnan(m)]
    chosen = sorted({int(np.searchsorted(result.snapshot_steps, m, "right")) - 1 for m in known})
    rows, neurons = both.shape[1:]
    column, neuron = (grid.ravel() for grid in np.meshgrid(range(rows), range(neurons)))
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "panel": panel,
                    "step": int(result.snapshot_steps[index]),
                    "neuron": neuron,
                    "column": column,
                    "weight": both[index][:, order].T.ravel().round(5),
                }
            )
            for panel, index in enumerate(chosen)
        ],
        ignore_index=True,
    )


def paths(inputs: Inputs) -> pd.DataFrame:
    """W_input of the shown member over training (F7): a row per step and input.

    ``step``, ``input`` (the last is the bias), ``kind`` (relevant, distractor, bias) and a column
    per neuron, ``neuron_0`` ... Every second snapshot, to five decimals.
    """
    (result,) = inputs.runs.values()
    w_input = result.views[shown_member(result)]["W_input"][::2]
    steps, (_, rows, neurons) = result.snapshot_steps[::2], w_input.shape
    kinds = np.repeat("distractor", rows).astype(object)
    kinds[: result.spec.task.relevant], kinds[-1] = "relevant", "bias"  # type: ignore[attr-defined]
    frame = pd.DataFrame(
        w_input.reshape(-1, neurons).astype(float).round(5),
        columns=[f"neuron_{index}" for index in range(neurons)],
    )
    frame.insert(0, "step", np.repeat(steps, rows))
    frame.insert(1, "input", np.tile(range(rows), len(steps)))
    frame.insert(2, "kind", np.tile(kinds, len(steps)))
    return frame


def distractors(inputs: Inputs) -> pd.DataFrame:
    """Distractor weights of the shown member (F7): ``step``, ``rms`` and ``share`` above 0.05."""
    (result,) = inputs.runs.values()
    weights = distractor_weights(result, shown_member(result))
    return pd.DataFrame(
        {
            "step": result.snapshot_steps,
            "rms": measures.rms(weights),
            "share": measures.share_above(weights, 0.05),
        }
    )

"""Numbers that the claims about the parity network with L1 read (F4-F7 of Pearce et al. 2023)."""

from typing import Any

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import events
from papers.pearce2023.tables import parity_measures as measures
from papers.pearce2023.tables import small_networks
from reprise.results import Inputs, RunResult

EARLY = 1200
"""Step at which the article shows the memorising network."""
SETTLED = 500
"""Steps after generalisation when the last distractors are looked at."""
LAG = 50
"""Steps over which a jump of one weight is measured."""
BUMP = 1.1
"""Train loss where the network generalises, over its earlier minimum, from which it has risen."""
WINDOW = 400
"""Steps within which the sharp fall of the test loss has to happen."""


def parity_summary(inputs: Inputs) -> pd.DataFrame:
    """Long form of events, losses and weights of every member, for the claims on F4-F7.

    See ``small_networks.long_form``; ``generalised``: the test accuracy reaches 0.999. NaN where an
    event never happened. Takes one run with snapshots of both weight matrices.
    """
    (result,) = inputs.runs.values()
    wide = pd.concat([reached(result), _losses(result), _weights(result)], axis=1)
    return small_networks.long_form(result, wide, shown_member(result), flag="generalised")


def shown_member(result: RunResult) -> int:
    """The member that the figures show: the first that generalises; if none does, the first."""
    return int(reached(result)["generalised"].idxmax())


def reached(result: RunResult) -> pd.DataFrame:
    """When each member (row) memorised and generalised, and its accuracies then and at the end."""
    metrics = result.metrics
    t_train = events.first_step(metrics, "train_accuracy", at_least=0.99)
    t_test = events.first_step(metrics, "test_accuracy", at_least=0.999)
    columns: dict[str, Any] = {
        "t_train_99": t_train,
        "t_test_999": t_test,
        "generalised": t_test.notna().astype(float),
        "delay_ratio": t_test / t_train.clip(lower=1),
        "test_accuracy_at_t_train": events.value_at(metrics, "test_accuracy", t_train),
        "final_train_accuracy": events.final(metrics, "train_accuracy"),
        "final_test_accuracy": events.final(metrics, "test_accuracy"),
    }
    return pd.DataFrame(columns)


def _losses(result: RunResult) -> pd.DataFrame:
    t_test = events.first_step(result.metrics, "test_accuracy", at_least=0.999)
    rows = {}
    for member, group in result.metrics.groupby("member"):
        train, test = group["train_loss"].to_numpy(), group["test_loss"].to_numpy()
        step = group["step"].to_numpy()
        before = train[step <= t_test[member]]
        bump = before[-1] / before.min() if len(before) else np.nan
        rows[member] = {
            "train_loss_bump": bump,
            "train_loss_bumps": float(bump >= BUMP),
            "final_train_loss_ratio": train[-1] / np.nanmin(train),
            "max_test_loss": np.nanmax(test),
            "fall_within_400": _largest_fall(step, test, WINDOW),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("member")


def _largest_fall(step: np.ndarray, loss: np.ndarray, window: int) -> float:
    """Largest factor by which ``loss`` [logs] drops between two logs at most ``window`` apart."""
    later = np.searchsorted(step, step + window, side="right")
    lowest = [loss[start:end].min() for start, end in enumerate(later)]
    return float(np.max(loss / np.array(lowest)))


def _weights(result: RunResult) -> pd.DataFrame:
    events = reached(result)
    rows = {m: _weights_of(result, m, events.loc[m]) for m in result.members.index}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("member")


def _weights_of(result: RunResult, member: int, when: pd.Series) -> dict[str, float]:
    w_input, w_output = (result.views[member][name] for name in ("W_input", "W_output"))
    steps, distractors = result.snapshot_steps, distractor_weights(result, member)
    early = np.flatnonzero(steps == EARLY)
    settled = np.flatnonzero(steps >= when["t_test_999"] + SETTLED)
    size = measures.rms(distractors)
    peak = steps[size.argmax()]
    between = when["t_train_99"] < peak < when["t_test_999"]
    lag = max(1, round(LAG / result.spec.snapshots.every)) if result.spec.snapshots else 1
    return {
        "large_share_early": _at(measures.share_above(w_input, 1.0), early),
        "distractor_rms_early": _at(size, early),
        "distractor_ratio_end": measures.distractor_ratio(w_input[-1], _relevant(result)),
        "distractor_max_end": np.abs(distractors[-1]).max(),
        "active_neurons_end": measures.active_neurons(w_input[-1], w_output[-1]),
        "t_distractor_peak": peak,
        "peak_between": float(between),
        "distractor_share_settled": _at(measures.share_above(distractors, 0.05), settled),
        "distractor_jump": np.median(measures.jump(distractors, lag)),
    }


def distractor_weights(result: RunResult, member: int) -> np.ndarray:
    """Distractor weights of one member, [snapshots, digits - relevant, hidden]."""
    return measures.distractors(result.views[member]["W_input"], _relevant(result))


def _relevant(result: RunResult) -> int:
    return result.spec.task.relevant  # type: ignore[attr-defined]


def _at(values: np.ndarray, indices: np.ndarray) -> float:
    return float(values[indices[0]]) if len(indices) else np.nan

"""Tables of the parity network trained with L1 (F4-F7 of Pearce et al. 2023)."""

from typing import Any

import numpy as np
import pandas as pd

from reprise.analysis import events
from reprise.papers.pearce2023.tables import parity_measures as measures
from reprise.results import Inputs, RunResult

METRICS = ["train_accuracy", "test_accuracy", "train_loss", "test_loss"]
EARLY = 1200
"""Step at which the article shows the memorising network."""
SETTLED = 500
"""Steps after generalisation when the last distractors are looked at."""
LAG = 50
"""Steps over which a jump of one weight is measured."""


def course(inputs: Inputs) -> pd.DataFrame:
    """Metrics of every member (F4, F6): ``seed``, ``shown``, ``step``, accuracies and losses (nats).

    Takes one run. ``shown`` marks the member of ``shown_member``.
    """
    (result,) = inputs.runs.values()
    metrics = result.metrics[["member", "step", *METRICS]]
    seeds = metrics["member"].map(result.members["seed"])
    shown = metrics["member"] == shown_member(result)
    return metrics.assign(seed=seeds, shown=shown)[["member", "seed", "shown", "step", *METRICS]]


def weights(inputs: Inputs) -> pd.DataFrame:
    """All weights of the shown member at several steps (F5): one row per panel, neuron and column.

    ``panel``, ``step``, ``neuron`` (0 = largest product of in-norm and out-weight at the end) and
    ``column``: input 0..digits (the last is the bias), then the output weight; ``weight``.
    """
    (result,) = inputs.runs.values()
    member = shown_member(result)
    reached = _events(result).loc[member]
    moments = [0, EARLY, reached["t_test_999"], reached["t_test_999"] + SETTLED, np.inf]
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
    """W_input of the shown member over training (F7): a row per step and input, a column per neuron.

    ``step``, ``input`` (the last is the bias), ``kind`` (relevant, distractor, bias),
    ``neuron_0`` ... Every second snapshot, to five decimals.
    """
    (result,) = inputs.runs.values()
    w_input = result.views[shown_member(result)]["W_input"][::2]
    steps, (_, rows, neurons) = result.snapshot_steps[::2], w_input.shape
    kinds = np.repeat("distractor", rows).astype(object)
    kinds[: result.spec.task.relevant], kinds[-1] = "relevant", "bias"  # type: ignore[union-attr]
    frame = pd.DataFrame(
        w_input.reshape(-1, neurons).astype(float).round(5),
        columns=[f"neuron_{index}" for index in range(neurons)],
    )
    frame.insert(0, "step", np.repeat(steps, rows))
    frame.insert(1, "input", np.tile(range(rows), len(steps)))
    frame.insert(2, "kind", np.tile(kinds, len(steps)))
    return frame


def distractors(inputs: Inputs) -> pd.DataFrame:
    """Distractor weights of the shown member (F7): ``step``, their ``rms``, ``share`` above 0.05."""
    (result,) = inputs.runs.values()
    found = _distractors(result, shown_member(result))
    return pd.DataFrame(
        {
            "step": result.snapshot_steps,
            "rms": measures.rms(found),
            "share": measures.share_above(found, 0.05),
        }
    )


def summary(inputs: Inputs) -> pd.DataFrame:
    """Long form ``quantity``, ``member``, ``seed``, ``shown``, ``value`` for the claims on F4-F7.

    NaN where an event never happened. Takes one run with snapshots of both weight matrices.
    """
    (result,) = inputs.runs.values()
    wide = pd.concat([_events(result), _losses(result), _weights(result)], axis=1)
    shown = shown_member(result)
    long = wide.rename_axis(columns="quantity").stack(future_stack=True).rename("value")
    table = long.reset_index().sort_values(["quantity", "member"], ignore_index=True)
    table["seed"] = table["member"].map(result.members["seed"])
    table["shown"] = table["member"] == shown
    return table[["quantity", "member", "seed", "shown", "value"]]


def shown_member(result: RunResult) -> int:
    """The member that the figures show: lowest test accuracy while memorising.

    Among the members whose test accuracy reaches .999, the one with the lowest test accuracy at
    the first logged step of train accuracy .99; the first member where none gets there.
    """
    found = _events(result)
    grown = found.loc[found["t_test_999"].notna(), "test_accuracy_at_t_train"].dropna()
    return int(grown.idxmin()) if len(grown) else int(found.index[0])


def _events(result: RunResult) -> pd.DataFrame:
    metrics = result.metrics
    t_train = events.first_step(metrics, "train_accuracy", at_least=0.99)
    t_test = events.first_step(metrics, "test_accuracy", at_least=0.999)
    columns: dict[str, Any] = {
        "t_train_99": t_train,
        "t_test_999": t_test,
        "delay_ratio": t_test / t_train,
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
        rows[member] = {
            "train_loss_bump": before[-1] / before.min() if len(before) else np.nan,
            "final_train_loss_ratio": train[-1] / np.nanmin(train),
            "max_test_loss": np.nanmax(test),
            "fall_within_400": _largest_fall(step, test, 400),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("member")


def _largest_fall(step: np.ndarray, loss: np.ndarray, window: int) -> float:
    """Largest factor by which ``loss`` [logs] drops between two logs at most ``window`` apart."""
    later = np.searchsorted(step, step + window, side="right")
    lowest = [loss[start:end].min() for start, end in enumerate(later)]
    return float(np.max(loss / np.array(lowest)))


def _weights(result: RunResult) -> pd.DataFrame:
    reached = _events(result)
    rows = {m: _weights_of(result, m, reached.loc[m]) for m in result.members.index}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("member")


def _weights_of(result: RunResult, member: int, reached: pd.Series) -> dict[str, float]:
    w_input, w_output = (result.views[member][name] for name in ("W_input", "W_output"))
    steps, found = result.snapshot_steps, _distractors(result, member)
    early = np.flatnonzero(steps == EARLY)
    settled = np.flatnonzero(steps >= reached["t_test_999"] + SETTLED)
    size = measures.rms(found)
    peak = steps[size.argmax()]
    between = reached["t_train_99"] < peak < reached["t_test_999"]
    lag = max(1, round(LAG / result.spec.snapshots.every)) if result.spec.snapshots else 1
    return {
        "large_share_early": _at(measures.share_above(w_input, 1.0), early),
        "distractor_rms_early": _at(size, early),
        "distractor_ratio_end": measures.distractor_ratio(w_input[-1], _relevant(result)),
        "distractor_max_end": np.abs(found[-1]).max(),
        "active_neurons_end": measures.active_neurons(w_input[-1], w_output[-1]),
        "t_distractor_peak": peak,
        "peak_between": float(between),
        "distractor_share_settled": _at(measures.share_above(found, 0.05), settled),
        "distractor_jump": np.median(measures.jump(found, lag)),
    }


def _distractors(result: RunResult, member: int) -> np.ndarray:
    return measures.distractors(result.views[member]["W_input"], _relevant(result))


def _relevant(result: RunResult) -> int:
    return result.spec.task.relevant  # type: ignore[union-attr]


def _at(values: np.ndarray, indices: np.ndarray) -> float:
    return float(values[indices[0]]) if len(indices) else np.nan

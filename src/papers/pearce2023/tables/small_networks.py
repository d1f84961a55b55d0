"""What the tables of the small modular networks share (F10-F13, F22-F25 of Pearce et al. 2023)."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import events, fourier
from reprise.results import RunResult

METRICS = ["train_accuracy", "test_accuracy", "train_loss", "test_loss"]


def learning_curves(result: RunResult, shown: int) -> pd.DataFrame:
    """Metrics of every member: ``member``, ``seed``, ``shown``, ``step``, accuracies and losses.

    To six digits; losses are cross-entropies in the units of the task's ``loss_scale``.
    """
    metrics = result.metrics[["member", "step", *METRICS]]
    seeds = metrics["member"].map(result.members["seed"])
    rounded = {name: significant(metrics[name], 6) for name in METRICS}
    frame = metrics.assign(seed=seeds, shown=metrics["member"] == shown, **rounded)
    return frame[["member", "seed", "shown", "step", *METRICS]]


def long_form(
    result: RunResult, wide: pd.DataFrame, shown: int, flag: str | None = None
) -> pd.DataFrame:
    """Rows ``quantity``, ``member``, ``seed``, ``shown``, ``value`` from one column per quantity.

    ``wide`` has the member as index. ``flag`` names a 0/1 quantity that becomes a true/false column
    as well, so that statistics can be taken over the networks that have it.
    """
    long = wide.rename_axis(columns="quantity").stack(future_stack=True).rename("value")
    table = long.reset_index().sort_values(["quantity", "member"], ignore_index=True)
    table["seed"] = table["member"].map(result.members["seed"])
    table["shown"] = table["member"] == shown
    columns = ["quantity", "member", "seed", "shown", "value"]
    if flag is not None:
        table[flag] = table["member"].map(wide[flag]) == 1
        columns.insert(-1, flag)
    return table[columns]


def significant(values: Iterable[float], digits: int) -> list[float]:
    """``values`` rounded to so many significant digits, which keeps the committed tables small."""
    return [float(f"{value:.{digits}g}") for value in values]


def finals(result: RunResult) -> pd.DataFrame:
    """Last logged value of every metric, one column ``final_<metric>`` each, index ``member``."""
    return pd.DataFrame({f"final_{name}": events.final(result.metrics, name) for name in METRICS})


def snapshots_at(result: RunResult, steps: Sequence[float]) -> list[int]:
    """Indices of the last snapshots not after each of ``steps``, ascending, each once.

    NaN (an event that never came) and steps before the first snapshot are left out.
    """
    indices = {
        int(np.searchsorted(result.snapshot_steps, step, "right")) - 1
        for step in steps
        if not np.isnan(step)
    }
    return sorted(indices - {-1})


def neuron_order(w_input: np.ndarray) -> np.ndarray:
    """Neurons [hidden] of ``w_input`` [M, hidden] sorted by frequency, then by phase."""
    frequencies, _ = fourier.neuron_frequencies(w_input)
    phases = fourier.phases(fourier.vectors(w_input, np.maximum(frequencies, 1)))
    return np.lexsort((phases, frequencies))


def heatmaps(result: RunResult, member: int, steps: Sequence[float]) -> pd.DataFrame:
    """W_input and W_output of one member (F23, F25), a row per panel, view, neuron and number.

    ``panel`` 0, 1, ... and ``step`` of the snapshots of ``snapshots_at``; ``neuron`` is the rank in
    ``neuron_order`` at the end, ``frequency`` its frequency then; ``weight`` to four digits.
    """
    views = result.views[member]
    last = views["W_input"][-1]
    order, (frequencies, _) = neuron_order(last), fourier.neuron_frequencies(last)
    parts = []
    for panel, index in enumerate(snapshots_at(result, steps)):
        for view, matrix in (
            ("W_input", views["W_input"][index].T),
            ("W_output", views["W_output"][index]),
        ):
            neuron, number = (grid.ravel() for grid in np.indices(matrix.shape))
            parts.append(
                pd.DataFrame(
                    {
                        "panel": panel,
                        "step": int(result.snapshot_steps[index]),
                        "view": view,
                        "neuron": neuron,
                        "frequency": frequencies[order][neuron],
                        "number": number,
                        "weight": significant(matrix[order].ravel(), 4),
                    }
                )
            )
    return pd.concat(parts, ignore_index=True)


def periodicity(result: RunResult) -> pd.DataFrame:
    """How periodic the final weights of each member are, index ``member``.

    ``own_input``, ``own_output``: median over neurons of the share of a neuron's power in its best
    frequency; ``frequencies``: how many different ones the neurons of W_input have.
    """
    rows = {}
    for member in result.members.index:
        w_input, w_output = (result.views[member][name][-1] for name in ("W_input", "W_output"))
        rows[member] = {
            "own_input": np.median(fourier.own_share(w_input)),
            "own_output": np.median(fourier.own_share(w_output.T)),
            "frequencies": len(np.unique(fourier.neuron_frequencies(w_input)[0])),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("member")

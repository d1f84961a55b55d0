"""Tables of the run that generalises, memorises, generalises (F24, F25 of Pearce et al. 2023)."""

import numpy as np
import pandas as pd

from papers.pearce2023.tables import small_networks
from reprise.results import Inputs, RunResult

EARLY = 5000
"""Step before which the first minimum of the test loss has to come."""
FIRST_MINIMUM = 5e-3
RISE = 1.4
GENERALISED = (1e-4, 0.999)
"""Largest test loss and smallest test accuracy of the second generalisation."""


def learning_curves(inputs: Inputs) -> pd.DataFrame:
    """Metrics of every member (F24), see ``small_networks.learning_curves``. Takes one run."""
    (result,) = inputs.runs.values()
    return small_networks.learning_curves(result, shown_member(result))


def weights(inputs: Inputs) -> pd.DataFrame:
    """W_input and W_output of the shown member (F25) at its turning points and at param ``steps``.

    See ``small_networks.heatmaps``. The turning points are the first minimum and the peak after it.
    """
    (result,) = inputs.runs.values()
    member = shown_member(result)
    turns = _events(result).loc[member, ["t_first_min", "t_peak"]]
    return small_networks.heatmaps(result, member, [*map(float, inputs.params["steps"]), *turns])


def generalise_again_summary(inputs: Inputs) -> pd.DataFrame:
    """Long form of phases and final weights of every member, for the claims on F24 and F25.

    See ``small_networks.long_form`` and ``phases``. Takes one run with snapshots.
    """
    (result,) = inputs.runs.values()
    parts = [_events(result), small_networks.finals(result), small_networks.periodicity(result)]
    return small_networks.long_form(result, pd.concat(parts, axis=1), shown_member(result))


def shown_member(result: RunResult) -> int:
    """The member with most of the three phases, in order; the first of these."""
    return int(_events(result)["phases"].idxmax())


def phases(step: np.ndarray, loss: np.ndarray, accuracy: np.ndarray) -> dict[str, float]:
    """The three phases of one course of test loss and accuracy, each [logs].

    The first minimum is, among the record lows of the loss before ``EARLY`` that are at most
    ``FIRST_MINIMUM``, the one that the loss rises from most before it falls below it again;
    ``t_peak`` and ``rise`` belong to that rise. ``t_again`` is the first step after the peak at
    which loss and accuracy meet ``GENERALISED``. NaN where a phase never comes. ``phases``
    counts 1 for the minimum, 2 for a rise of at least ``RISE``, 3 for generalising after that;
    ``one_phase``, ``two_phases``, ``all_phases`` and ``again`` (``t_again`` exists, with or without
    a rise) are 0 or 1.
    """
    quantities = dict.fromkeys(["t_first_min", "first_min", "t_peak", "rise", "t_again"], np.nan)
    records = np.flatnonzero((step < EARLY) & (loss <= np.minimum.accumulate(loss)))
    records = records[loss[records] <= FIRST_MINIMUM]
    if not len(records):
        return {**quantities, **_flags(0, False)}
    peaks = [_peak_after(loss, int(record)) for record in records]
    best = int(np.argmax(loss[peaks] / loss[records]))
    low, peak = records[best], peaks[best]
    quantities |= {"t_first_min": step[low], "first_min": loss[low]}
    quantities |= {"t_peak": step[peak], "rise": loss[peak] / loss[low]}
    again = (loss <= GENERALISED[0]) & (accuracy >= GENERALISED[1]) & (step > step[peak])
    if again.any():
        quantities["t_again"] = step[again.argmax()]
    two = quantities["rise"] >= RISE
    return {**quantities, **_flags(1 + two + (two and again.any()), bool(again.any()))}


def _flags(reached: int, again: bool) -> dict[str, float]:
    names = ("one_phase", "two_phases", "all_phases")
    flags = {name: float(reached > number) for number, name in enumerate(names)}
    return {"phases": float(reached), **flags, "again": float(again)}


def _peak_after(loss: np.ndarray, low: int) -> int:
    """Index of the largest loss from ``low`` on, before the loss falls below that of ``low``."""
    below = np.flatnonzero(loss[low:] < loss[low])
    end = low + below[0] if len(below) else len(loss)
    return low + int(np.argmax(loss[low:end]))


def _events(result: RunResult) -> pd.DataFrame:
    rows = {
        member: phases(*(group[name].to_numpy() for name in ("step", "test_loss", "test_accuracy")))
        for member, group in result.metrics.dropna().groupby("member")
    }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("member")

"""The main network's runs: their events, the one that is shown, the stages of its weights."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import events
from papers.pearce2023.analysis.frequency_groups import Neurons, analyse
from reprise.results import RunResult

FITTED = 0.999
GENERALISED = 0.99
"""Final test accuracy of a network that generalised."""
MEMORISED_STEP = 2500
"""Step at which the network is looked at while it memorises."""
EARLY_STEP = 5000
"""Step at which the test accuracy has to be that of a guess."""


class Stage(NamedTuple):
    """A snapshot that the figures show: its name, its place among the snapshots, its step."""

    name: str
    snapshot: int
    step: int


class Weights(NamedTuple):
    """``w_input`` [M, neuron] and ``w_output`` [neuron, M] of one snapshot."""

    w_input: np.ndarray
    w_output: np.ndarray


def run_events(metrics: pd.DataFrame) -> pd.DataFrame:
    """Events of every member (index ``member``); steps, or NaN where they never happen.

    ``fit`` and ``nearly_all``: first logged step with train and test accuracy 0.999; ``half`` and
    ``most``: test accuracy 0.5 and 0.9; ``width`` = most - half; ``early_accuracy``: test accuracy
    at step 5,000; ``generalised``: whether the test accuracy ends at 0.99 or more.
    """
    table = pd.DataFrame(
        {
            "fit": events.first_step(metrics, "train_accuracy", at_least=FITTED),
            "half": events.first_step(metrics, "test_accuracy", at_least=0.5),
            "most": events.first_step(metrics, "test_accuracy", at_least=0.9),
            "nearly_all": events.first_step(metrics, "test_accuracy", at_least=FITTED),
            "early_accuracy": events.value_at(metrics, "test_accuracy", EARLY_STEP),
            "generalised": events.final(metrics, "test_accuracy") >= GENERALISED,
        }
    )
    return table.assign(width=table["most"] - table["half"])


def shown_member(events: pd.DataFrame) -> int:
    """The run that the figures show: the first that generalised, else the first of all."""
    return int(events["generalised"].idxmax())


def shown(run: RunResult) -> int:
    """The member of ``run`` that the figures show."""
    return shown_member(run_events(run.metrics))


def snapshot_index(run: RunResult, step: float) -> int:
    """Index of the last snapshot not after ``step``."""
    return max(int(np.searchsorted(run.snapshot_steps, step, side="right")) - 1, 0)


def stages(run: RunResult, member: int) -> list[Stage]:
    """Up to five snapshots of ``member``, from the initial weights to the last.

    Memorising is step 2,500 (a quarter of shorter runs), turning the last snapshot before the test
    accuracy passes 0.5 (three quarters of a run where it never does), waiting half-way between.
    """
    last = int(run.snapshot_steps[-1])
    half = run_events(run.metrics).loc[member, "half"]
    turning = 0.75 * last if np.isnan(half) else float(half)
    memorising = min(MEMORISED_STEP, last / 4)
    targets = {
        "initial": 0.0,
        "memorising": memorising,
        "waiting": (memorising + turning) / 2,
        "turning": turning,
        "end": float(last),
    }
    by_index: dict[int, Stage] = {}
    for name, step in targets.items():
        index = snapshot_index(run, step)
        by_index[index] = Stage(name, index, int(run.snapshot_steps[index]))
    return [by_index[index] for index in sorted(by_index)]


def weights(run: RunResult, member: int, index: int = -1) -> Weights:
    """The weights of one member at one snapshot, in float64."""
    view = run.views[member]
    return Weights(*(np.asarray(view[name][index], np.float64) for name in ("W_input", "W_output")))


def final_neurons(run: RunResult, member: int) -> Neurons:
    """Groups of the neurons at the last snapshot, which name them in every figure."""
    return analyse(*weights(run, member))


def position(neurons: Neurons) -> np.ndarray:
    """Rank of each neuron, sorted by (frequency, in-phase), those of no group last; [neuron]."""
    rank = np.empty(len(neurons.order), int)
    rank[neurons.order] = np.arange(len(rank))
    return rank

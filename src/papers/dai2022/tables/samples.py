"""The six tasks, their arrays, and resampled means over queries and over tasks.

Axis order of measures: query, layer. Axis order of resampled values: resample, the sample first.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

import numpy as np

from reprise.results import Inputs
from reprise.stats.resampling import means

TASKS = ("sst2", "sst5", "mr", "subj", "agnews", "cb")
"""In the order of the paper's tables."""
MEAN = "mean"
"""Stands for a task where a value is the mean over tasks."""

POSITIONS = ("label0", "prompt_end")
"""Where networks are recorded: at the label token of the first class, as published; at the end of
the prompt, as described."""
LABEL0, PROMPT_END = POSITIONS

CONTROLS = "controls."
"""What the names of the controls' arrays begin with."""

Arrays = Mapping[str, np.ndarray]
Key = TypeVar("Key", bound=Hashable)


def by_task(inputs: Inputs, kind: str) -> dict[str, Arrays]:
    """The datasets ``<kind>_<task>`` by task, in the paper's order."""
    names = {task: f"{kind}_{task}" for task in TASKS}
    return {t: inputs.datasets[name] for t, name in names.items() if name in inputs.datasets}


def controls_by_task(inputs: Inputs) -> dict[str, Arrays]:
    """The arrays of every task's controls, by task."""
    arrays_by_task: dict[str, Arrays] = {}
    for task, arrays in by_task(inputs, "measures").items():
        own = {
            name.removeprefix(CONTROLS): values
            for name, values in arrays.items()
            if name.startswith(CONTROLS)
        }
        if own:
            arrays_by_task[task] = own
    return arrays_by_task


def resampled(values: np.ndarray, task: str) -> np.ndarray:
    """Means [resample, ...] over queries [query, ...]: paired within a task, not between tasks."""
    return means(np.asarray(values, float), seed=TASKS.index(task))


def resampled_all(values: Mapping[Key, np.ndarray], task: str) -> dict[Key, np.ndarray]:
    """``resampled`` of many arrays [query, ...] of one task; those of as many queries in one go."""
    averages: dict[Key, np.ndarray] = {}
    for count in dict.fromkeys(len(each) for each in values.values()):
        keys = [key for key, each in values.items() if len(each) == count]
        flat = [np.asarray(values[key], float).reshape(count, -1) for key in keys]
        ends = np.cumsum([each.shape[1] for each in flat])[:-1]
        parts = np.split(resampled(np.concatenate(flat, axis=1), task), ends, axis=1)
        for key, part in zip(keys, parts, strict=True):
            averages[key] = part.reshape(len(part), *values[key].shape[1:])
    return {key: averages[key] for key in values}


def with_mean(
    values_by_key: Mapping[tuple[str, ...], np.ndarray],
) -> dict[tuple[str, ...], np.ndarray]:
    """Values by key, whose first part is the task, and after them their means over tasks."""
    parts: dict[tuple[str, ...], list[np.ndarray]] = {}
    for (_, *rest), values in values_by_key.items():
        parts.setdefault((MEAN, *rest), []).append(values)
    return dict(values_by_key) | {key: mean_of(values) for key, values in parts.items()}


def mean_of(values: Iterable[np.ndarray]) -> np.ndarray:
    """The mean over tasks, resample by resample."""
    return np.asarray(np.mean(np.stack(list(values)), axis=0))


def least_of(values: Iterable[np.ndarray]) -> np.ndarray:
    """The smallest over tasks, resample by resample."""
    return np.asarray(np.min(np.stack(list(values)), axis=0))

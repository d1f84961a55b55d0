"""The six tasks, their arrays, and resampled means over queries and over tasks.

Axis order of answers and measures: order (of the demonstrations), query, layer; what has no order
has its axis all the same, of length 1. Axis order of resampled values: resample, the sample first.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import TypeVar

import numpy as np

from reprise.results import Inputs
from reprise.stats.intervals import crossed_means

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
    """The arrays of every task's controls, by task, and the same of ``main``.

    Controls are of the first order of the demonstrations and of the first queries.
    """
    arrays_by_task: dict[str, Arrays] = {}
    for task, arrays in by_task(inputs, "measures").items():
        own = {
            name.removeprefix(CONTROLS): values[None]
            for name, values in arrays.items()
            if name.startswith(CONTROLS)
        }
        if own:
            asked = max(values.shape[1] for values in own.values())
            main = {n: v[:1, :asked] for n, v in arrays.items() if n.startswith("main.")}
            main |= {
                f"main.{side}": arrays[f"{side}.log_probs"][:1, :asked] for side in ("icl", "ft")
            }
            arrays_by_task[task] = main | own | {"labels": arrays["labels"][:asked]}
    return arrays_by_task


def resampled(values: np.ndarray, task: str) -> np.ndarray:
    """Means [resample, ...] over orders and queries [order, query, ...], both resampled.

    What is compared within a task shares its resamples; tasks have their own.
    """
    trials = np.moveaxis(np.asarray(values, float), 0, 1)
    return crossed_means(trials, factors=2, seed=TASKS.index(task))


def resampled_all(values: Mapping[Key, np.ndarray], task: str) -> dict[Key, np.ndarray]:
    """``resampled`` of many arrays of one task; those of as many orders and queries in one go."""
    averages: dict[Key, np.ndarray] = {}
    for shape in dict.fromkeys(each.shape[:2] for each in values.values()):
        keys = [key for key, each in values.items() if each.shape[:2] == shape]
        flat = [np.asarray(values[key], float).reshape(*shape, -1) for key in keys]
        ends = np.cumsum([each.shape[2] for each in flat])[:-1]
        parts = np.split(resampled(np.concatenate(flat, axis=2), task), ends, axis=1)
        for key, part in zip(keys, parts, strict=True):
            averages[key] = part.reshape(len(part), *values[key].shape[2:])
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

"""Which demonstrations and which learning rate are chosen, and what choosing on test queries adds.

The paper takes the best of all on the queries that it reports; here the choice is made on queries
of their own, and the paper's way stands beside it.
"""

import numpy as np
import pandas as pd

from papers.dai2022.tables.answers import right
from papers.dai2022.tables.samples import Arrays, by_task, resampled, with_mean
from reprise.results import Inputs
from reprise.stats.resampling import frame

SPLITS = {"selection": "selection_labels", "evaluation": "labels"}
"""Queries that a choice is made on and those that are reported -> the name of their labels."""

WAYS = {"selection": "rate_index", "paper": "paper_rate_index"}
"""How the learning rate is chosen -> the name of its index."""


def rates(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``split``, ``learning_rate``, ``value`` (%), ``low``, ``high``, ``chosen``.

    ``chosen`` says by which way this rate is the chosen one: selection, paper, both or nothing. The
    accuracy without demonstrations on the selection split has the learning rate 0.
    """
    parts = []
    for task, arrays in by_task(inputs, "search").items():
        curves = {}
        if "zsl.selection" in arrays:
            curves[task, "selection", 0.0] = _accuracy(arrays, "zsl", "selection", task)
        for split in SPLITS:
            curve = _accuracy(arrays, "ft", split, task)
            for place, rate in enumerate(arrays["learning_rates"]):
                curves[task, split, float(rate)] = curve[:, place]
        table = frame(curves, ["task", "split", "learning_rate"])
        chosen = {way: _rate(arrays, way) for way in WAYS}
        parts.append(table.assign(chosen=[_ways(chosen, r) for r in table["learning_rate"]]))
    return pd.concat(parts, ignore_index=True)


def seeds(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``seed``, ``value`` (% on the selection split), ``low``, ``high``, ``chosen``.

    Accuracy in context with the demonstrations of every seed; ``chosen`` is true or false.
    """
    parts = []
    for task, arrays in by_task(inputs, "search").items():
        curve = _accuracy(arrays, "icl", "selection", task)
        accuracies = {(task, int(seed)): curve[:, i] for i, seed in enumerate(arrays["seeds"])}
        chosen = np.arange(len(arrays["seeds"])) == arrays["seed_index"].item()
        parts.append(frame(accuracies, ["task", "seed"]).assign(chosen=chosen))
    return pd.concat(parts, ignore_index=True)


def choices(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``way``, ``seed``, ``learning_rate``, ``value`` .. ``paper_learning_rate``.

    Ways: selection, paper, difference. Values are the finetuned model's accuracy on the evaluation
    set, in percent; the difference is what the paper's way adds. Takes Table 9 for what the paper
    chose, of its smaller model.
    """
    own = chosen_accuracies(inputs)
    table = frame(with_mean(own), ["task", "way"])
    data, known = by_task(inputs, "search"), published(inputs)
    for column, of in (("seed", _seed), ("learning_rate", _rate)):
        pairs = zip(table["task"], table["way"], strict=True)
        table[column] = [
            of(data[task], way) if task in data and way in WAYS else np.nan for task, way in pairs
        ]
        table[f"paper_{column}"] = [known.get((task, column), np.nan) for task in table["task"]]
    columns = ["task", "way", "seed", "learning_rate", "value", "low", "high"]
    return table[[*columns, "paper_seed", "paper_learning_rate"]]


def chosen_accuracies(inputs: Inputs) -> dict[tuple[str, ...], np.ndarray]:
    """(task, way) -> accuracy [resample] of the chosen rate, and the ``difference`` of both."""
    accuracies: dict[tuple[str, ...], np.ndarray] = {}
    for task, arrays in by_task(inputs, "search").items():
        curve = _accuracy(arrays, "ft", "evaluation", task)
        for way, index in WAYS.items():
            accuracies[task, way] = curve[:, arrays[index].item()]
        accuracies[task, "difference"] = accuracies[task, "paper"] - accuracies[task, "selection"]
    return accuracies


def published(inputs: Inputs) -> dict[tuple[str, str], float]:
    """(task, seed or learning_rate) -> the paper's choice for its smaller model."""
    known = [frame[frame["model"] == "1.3B"] for frame in inputs.reference.values()]
    return {
        (row.task, row.quantity): float(row.value) for rows in known for row in rows.itertuples()
    }


def _accuracy(arrays: Arrays, condition: str, split: str, task: str) -> np.ndarray:
    """Percentages [resample], or [resample, candidate] of what was searched."""
    hits = right(arrays[f"{condition}.{split}"].astype(float), arrays[SPLITS[split]])
    return 100 * resampled(np.moveaxis(hits, -1, 0), task)


def _rate(arrays: Arrays, way: str) -> float:
    return float(arrays["learning_rates"][arrays[WAYS[way]].item()])


def _seed(arrays: Arrays, way: str) -> float:
    return float(arrays["seeds"][arrays["seed_index"].item()])


def _ways(chosen: dict[str, float], rate: float) -> str:
    ways = [way for way, own in chosen.items() if own == rate]
    return "both" if len(ways) == len(WAYS) else "".join(ways)

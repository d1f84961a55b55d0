"""Which demonstrations and which learning rate are chosen, and what other rates would have shown.

The paper takes the most accurate rate on the queries that it reports; here a rate is chosen on
questions of their own by a rule that rounding does not turn (``datasets.choices``), and the paper's
way stands beside it. Axis order of answers: order or draw, query, rate.
"""

import numpy as np
import pandas as pd
from jaxtyping import Bool

from papers.dai2022.analysis.label_answers import right
from papers.dai2022.tables.samples import Arrays, by_task, resampled, with_mean
from papers.dai2022.tables.similarity import per_query
from reprise.results import Inputs
from reprise.stats.intervals import frame

WAYS = ("selection", "paper")
"""How the learning rate is chosen."""
SPLITS = ("selection", "evaluation")
"""Questions that a choice is made on, and queries that are reported."""


def rates(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``split``, ``learning_rate``, ``value`` (%), ``low``, ``high``, ``chosen`` ...

    ``chosen`` says by which way this rate is the chosen one: selection, paper, both or nothing. The
    accuracy without demonstrations on the selection split has the learning rate 0. ``rounding``:
    how far apart finetuned networks end that began apart in their last bits, over the update;
    ``stable``: whether that is little.
    """
    parts = []
    for task, arrays in by_task(inputs, "measures").items():
        known = arrays["selection.learning_rates"]
        zsl = right(arrays["selection.zsl"].astype(float), arrays["selection.labels"])
        curves = {(task, "selection", 0.0): 100 * resampled(zsl[None], task)}
        for split in SPLITS:
            curve = 100 * resampled(_hits(arrays, split), task)
            curves |= {(task, split, float(r)): curve[:, i] for i, r in enumerate(known)}
        table = frame(curves, ["task", "split", "learning_rate"])
        chosen = {way: float(known[index(arrays, way)]) for way in WAYS}
        ways = [_ways(chosen, r) for r in table["learning_rate"]]
        table = table.assign(chosen=ways)
        for column, still in {"rounding": 0.0, "stable": True}.items():
            of = dict(zip(map(float, known), arrays[f"selection.{column}"].tolist(), strict=True))
            table[column] = [of.get(rate, still) for rate in table["learning_rate"]]
        parts.append(table)
    return pd.concat(parts, ignore_index=True)


def seeds(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``seed``, ``value`` (% of the questions for choosing), ``low`` .. ``chosen``.

    Accuracy in context with the demonstrations of every seed; ``chosen`` is true or false.
    """
    parts = []
    for task, arrays in by_task(inputs, "measures").items():
        hits = right(arrays["selection.icl"].astype(float), arrays["selection.labels"])
        curve = 100 * resampled(hits.T[None], task)
        known = arrays["selection.seeds"]
        accuracies = {(task, int(seed)): curve[:, i] for i, seed in enumerate(known)}
        chosen = np.arange(len(known)) == arrays["selection.seed_index"].item()
        parts.append(frame(accuracies, ["task", "seed"]).assign(chosen=chosen))
    return pd.concat(parts, ignore_index=True)


def choices(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``way``, ``seed``, ``learning_rate``, ``value`` .. ``paper_learning_rate``.

    Ways: selection, paper, difference. Values are the finetuned model's accuracy on the evaluation
    set, in percent; the difference is what the paper's way adds. Takes Table 9 for what the paper
    chose, of its smaller model.
    """
    data, known = by_task(inputs, "measures"), published(inputs)
    accuracies: dict[tuple[str, ...], np.ndarray] = {}
    for task, arrays in data.items():
        curve = 100 * resampled(_hits(arrays, "evaluation"), task)
        accuracies |= {(task, way): curve[:, index(arrays, way)] for way in WAYS}
        accuracies[task, "difference"] = accuracies[task, "paper"] - accuracies[task, "selection"]
    table = frame(with_mean(accuracies), ["task", "way"])
    own = {
        (task, way): (
            float(arrays["selection.seeds"][arrays["selection.seed_index"].item()]),
            float(arrays["selection.learning_rates"][index(arrays, way)]),
        )
        for task, arrays in data.items()
        for way in WAYS
    }
    pairs = list(zip(table["task"], table["way"], strict=True))
    for place, column in enumerate(("seed", "learning_rate")):
        table[column] = [own[pair][place] if pair in own else np.nan for pair in pairs]
        table[f"paper_{column}"] = [known.get((task, column), np.nan) for task in table["task"]]
    columns = ["task", "way", "seed", "learning_rate", "value", "low", "high"]
    return table[[*columns, "paper_seed", "paper_learning_rate"]]


def measures(inputs: Inputs) -> pd.DataFrame:
    """``task``, ``measure``, ``learning_rate``, ``value`` .. ``high``, ``stable``, ``chosen``.

    Accuracy after finetuning (%) and similarity at the published position, at every rate, after the
    demonstrations in their first order.
    """
    parts = []
    for task, arrays in by_task(inputs, "measures").items():
        known = arrays["selection.learning_rates"]
        curves = {name: resampled(own, task) for name, own in over_rates(arrays).items()}
        table = frame(
            {
                (task, name, float(rate)): curve[:, place]
                for name, curve in curves.items()
                for place, rate in enumerate(known)
            },
            ["task", "measure", "learning_rate"],
        )
        stable = dict(zip(map(float, known), arrays["selection.stable"], strict=True))
        chosen = float(known[index(arrays, "selection")])
        parts.append(
            table.assign(
                stable=[stable[rate] for rate in table["learning_rate"]],
                chosen=table["learning_rate"] == chosen,
            )
        )
    return pd.concat(parts, ignore_index=True)


def over_rates(arrays: Arrays) -> dict[str, np.ndarray]:
    """Measure -> values [order, query, rate]."""
    layered = {
        name: np.moveaxis(per_query(arrays[f"rates.{name}"]), 0, -1)
        for name in ("simaou", "simam_after", "kendall")
    }
    before = per_query(arrays["main.simam_before.label0"][:1])[..., None]
    return {
        "accuracy": 100.0 * _hits(arrays, "evaluation"),
        "simaou": layered["simaou"],
        "simam_gain": layered["simam_after"] - before,
        "kendall": layered["kendall"],
    }


def index(arrays: Arrays, way: str) -> int:
    """Which rate is chosen; the paper's way takes the most accurate on the reported queries."""
    if way == "selection":
        return int(arrays["selection.rate_index"].item())
    return int(_hits(arrays, "evaluation").sum(axis=(0, 1)).argmax())


def published(inputs: Inputs) -> dict[tuple[str, str], float]:
    """(task, seed or learning_rate) -> the paper's choice for its smaller model."""
    known = [frame[frame["model"] == "1.3B"] for frame in inputs.reference.values()]
    return {
        (row.task, row.quantity): float(row.value) for rows in known for row in rows.itertuples()
    }


def _hits(arrays: Arrays, split: str) -> Bool[np.ndarray, "draw query rate"]:
    if split == "selection":
        hits = right(arrays["selection.ft"].astype(float), arrays["selection.labels"])
        return np.moveaxis(hits, 1, -1)
    return np.moveaxis(right(arrays["rates.ft"].astype(float), arrays["labels"]), 0, -1)


def _ways(chosen: dict[str, float], rate: float) -> str:
    ways = [way for way, own in chosen.items() if own == rate]
    return "both" if len(ways) == len(WAYS) else "".join(ways)

"""Arrays of the shape that the language model leaves, with or without the paper's effects in them.

Means are near the published ones, so that figures look as they will. Axis order: log-probabilities
(rate, order, query, class); measures (rate, order, query, layer); those of controls (query, ...).
"""

import numpy as np

from papers.dai2022.datasets.model_and_texts import describe

TASKS = {"sst2": 2, "sst5": 5, "mr": 2, "subj": 2, "agnews": 4, "cb": 3}
"""Task -> its number of labels."""
POSITIONS = ("label0", "prompt_end")
QUERIES, KENDALL_QUERIES, CONTROL_QUERIES, SELECTION = 240, 100, 60, 120
LAYERS, ORDERS, DEMONSTRATIONS = 30, 2, 32
SEEDS = np.arange(1, 8)
RATES = np.array([0.001, 0.003, 0.01, 0.1])
CHOSEN = 2
ROUNDING = np.array([1e-4, 1e-5, 1e-5, 0.6])
"""The last rate is unstable."""

ACCURACY = {"zsl": 0.5, "ft": 0.65, "icl": 0.85, "icl_second": 0.6}
SPREAD = {"ft": 0.0, "icl": 0.1}
"""By how much accuracy is higher in the first order, and lower in the second."""
MEANS = {
    "simaou": 0.19,
    "simaou_random": 0.0,
    "simaou_gaussian": 0.0,
    "simaou_raw": 0.1,
    "simam_before": 0.34,
    "simam_after": 0.44,
    "simam_delta": 0.27,
    "kendall": 0.2,
    "kendall_random": 0.0,
    "kendall_rate0": 0.195,
    "kendall_position": 0.11,
    "kendall_examples": 0.23,
}
NULL_MEANS = dict.fromkeys(MEANS, 0.0) | {"simam_before": 0.3, "simam_after": 0.3}
SHARES = {
    "shuffled_ft": 0.6,
    "shuffled_icl": 0.8,
    "cross_task": 0.6,
    "random_update": 0.1,
    "ascent": -0.4,
    "unrelated": 0.5,
    "layer_causal": 1.4,
    "untrained": 0.75,
    "untrained_norms": 0.7,
}
"""Comparison -> its similarity over that of the paper's own one."""
CONTROL_MEASURES = ("simaou", "simaou_raw", "simam_before", "simam_after", "simam_delta", "kendall")


def datasets(effect=True, tasks=tuple(TASKS), comparisons=tuple(SHARES), seed=0):
    """``<kind>_<task>`` -> arrays, of the kinds measures (with controls) and prompts; materials."""
    found = {"materials": describe({"model": "smollm2"}, 0)}
    for place, task in enumerate(tasks):
        rng = np.random.default_rng((seed, place))
        classes = TASKS[task]
        own = answered(rng, classes, effect) | measured(rng, effect)
        own |= selection(rng, classes, effect) | controls(rng, classes, effect, comparisons)
        found[f"measures_{task}"] = own
        found[f"prompts_{task}"] = prompts(rng, classes)
    return found


def answered(rng, classes, effect):
    """Answers under every condition, in every order, at every rate."""
    labels = rng.integers(classes, size=QUERIES)
    found = {"labels": labels, "query_lengths": rng.integers(20, 60, QUERIES)}
    easy = rng.random(QUERIES)

    def drawn(condition, shift=0.0):
        # What one condition answers rightly the others do more often than not, if at all.
        shared = effect and condition in {"ft", "icl"}
        accuracy = (ACCURACY[condition] + shift) if effect else 0.5
        return answers(rng, labels, classes, accuracy, easy if shared else None)

    for condition in ("zsl", "icl_second"):
        found[f"{condition}.log_probs"] = drawn(condition)
    for condition, spread in SPREAD.items():
        shifts = (spread, -spread)
        found[f"{condition}.log_probs"] = np.stack([drawn(condition, shift) for shift in shifts])
    for condition in ("zsl", "ft", "icl"):
        shape = (3,) if condition == "zsl" else (ORDERS, 3)
        found[f"{condition}.free"] = np.log(rng.dirichlet(np.full(classes, 20.0), shape) / 2)
    every = [drawn("ft")[None] for _ in RATES]
    every[CHOSEN] = found["ft.log_probs"][:1]
    return found | {"rates.ft": np.stack(every)}


def measured(rng, effect):
    """All measures of the paper's own comparison."""
    found = {}
    means = MEANS if effect else NULL_MEANS
    for measure, mean in means.items():
        for position in POSITIONS:
            count = KENDALL_QUERIES if measure.startswith("kendall") else QUERIES
            flat = not effect or measure.endswith(("random", "gaussian"))
            own = [layered(rng, count, mean, flat) for _ in range(ORDERS)]
            found[f"main.{measure}.{position}"] = np.stack(own)
    for measure in ("simaou", "simam_after", "simam_delta", "kendall"):
        main = found[f"main.{measure}.label0"][:1]
        found[f"rates.{measure}"] = np.stack([main * (1 - 0.1 * (CHOSEN - i)) for i in range(4)])
        if measure == "simam_after":
            found[f"rates.{measure}"] = np.stack([main + 0.01 * (i - CHOSEN) for i in range(4)])
    return found


def controls(rng, classes, effect, comparisons):
    """The same measures of fewer queries for every comparison, and answers."""
    labels = rng.integers(classes, size=CONTROL_QUERIES)
    found = {}
    means = MEANS if effect else NULL_MEANS
    for comparison in comparisons:
        for measure in CONTROL_MEASURES:
            share = 1.0 if measure == "simam_before" else SHARES[comparison]
            if comparison == "random_update" and measure == "simaou":
                share = 0.4
            for position in POSITIONS:
                values = layered(rng, CONTROL_QUERIES, share * means[measure], not effect)
                found[f"controls.{comparison}.{measure}.{position}"] = values
        for side in ("icl", "ft"):
            found[f"controls.{comparison}.{side}"] = answers(rng, labels, classes, 0.6)
    return found


def selection(rng, classes, effect):
    """What seed and rate are chosen by."""
    labels = rng.integers(classes, size=SELECTION)
    rise = 0.2 if effect else 0.0
    best = 0.5 + rise * np.array([0, 0.5, 1, 1])
    found = {"seeds": SEEDS, "learning_rates": RATES, "labels": labels, "rounding": ROUNDING}
    found["stable"] = ROUNDING < 0.01
    found["ft"] = np.stack([[answers(rng, labels, classes, p) for p in best] for _ in range(2)])
    found["icl"] = np.stack([answers(rng, labels, classes, 0.7) for _ in SEEDS])
    found["zsl"] = answers(rng, labels, classes, 0.5)
    hits = found["icl"].argmax(axis=-1) == labels
    found |= {"seed_index": np.asarray(hits.mean(axis=1).argmax())}
    found |= {"rate_index": np.asarray(CHOSEN)}
    return {f"selection.{name}": values for name, values in found.items()}


def prompts(rng, classes):
    """Tokens matter to no table, lengths do."""
    lengths = rng.integers(15, 45, (len(SEEDS), DEMONSTRATIONS))
    return {
        "label_tokens": np.arange(classes),
        "demonstration_lengths": lengths,
        "query_lengths": rng.integers(15, 45, QUERIES),
        "query_labels": rng.integers(classes, size=QUERIES),
        "selection_lengths": rng.integers(15, 45, SELECTION),
    }


def answers(rng, labels, classes, accuracy, easy=None):
    """Log-probabilities [query, class] that are highest at the label with a given probability.

    ``easy`` [query] in [0, 1] decides together with chance, so that conditions agree.
    """
    draw = rng.random(len(labels))
    if easy is not None:
        draw = np.where(rng.random(len(labels)) < 0.7, easy, draw)
    hit = draw < accuracy
    wrong = (labels + rng.integers(1, classes, len(labels))) % classes
    scores = rng.normal(0, 0.3, (len(labels), classes))
    scores[np.arange(len(labels)), np.where(hit, labels, wrong)] += 3
    return (scores - 4).astype(np.float32)


def layered(rng, count, mean, flat):
    """Values [query, layer] of this mean, highest in the middle layers unless ``flat``."""
    depth = np.linspace(0, 1, LAYERS)
    shape = np.ones(LAYERS) if flat else 0.4 + np.exp(-((depth - 0.55) ** 2) / 0.05)
    query = 0.04 * rng.normal(size=(count, 1)) + 0.05 * rng.normal(size=(count, LAYERS))
    return (mean * shape / shape.mean() + query * (0.2 if flat else 1.0)).astype(np.float32)

"""Arrays of the shape that the language model leaves, with or without the paper's effects in them.

Means are near the published ones, so that figures look as they will. Axis order: log-probabilities
(..., query, class); measures (query, layer).
"""

import numpy as np

TASKS = {"sst2": 2, "sst5": 5, "mr": 2, "subj": 2, "agnews": 4, "cb": 3}
"""Task -> its number of labels."""
POSITIONS = ("label0", "prompt_end")
QUERIES, KENDALL_QUERIES, CONTROL_QUERIES, SELECTION = 240, 100, 60, 120
LAYERS, ORDERS, DEMONSTRATIONS = 30, 10, 32
SEEDS = np.arange(1, 8)
RATES = np.array([0.0003, 0.001, 0.003, 0.01, 0.03, 0.1])

ACCURACY = {"zsl": 0.5, "ft": 0.65, "icl": 0.85, "icl_second": 0.82}
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
    "main": 1.0,
    "shuffled_ft": 0.9,
    "shuffled_icl": 0.8,
    "cross_task": 0.6,
    "random_update": 0.1,
    "ascent": -0.4,
    "unrelated": 0.5,
    "layer_causal": 1.4,
    "untrained": 0.75,
    "untrained_norms": 0.7,
    "rate0": 0.02,
}
"""Comparison -> its similarity over that of the paper's own one."""
CONTROL_MEASURES = ("simaou", "simaou_raw", "simam_before", "simam_after", "simam_delta", "kendall")


def datasets(effect=True, tasks=tuple(TASKS), comparisons=tuple(SHARES), seed=0):
    """``<kind>_<task>`` -> arrays, of the kinds measures (with controls), search and prompts."""
    found = {}
    for place, task in enumerate(tasks):
        rng = np.random.default_rng((seed, place))
        found[f"measures_{task}"] = measures(rng, TASKS[task], effect)
        altered = controls(rng, TASKS[task], effect, comparisons)
        found[f"measures_{task}"] |= {f"controls.{name}": own for name, own in altered.items()}
        found[f"search_{task}"] = search(rng, TASKS[task], effect)
        found[f"prompts_{task}"] = prompts(rng, TASKS[task])
    return found


def measures(rng, classes, effect):
    """Answers under every condition and all measures of the paper's own comparison."""
    labels = rng.integers(classes, size=QUERIES)
    found = {"labels": labels, "query_lengths": rng.integers(20, 60, QUERIES)}
    easy = rng.random(QUERIES)
    for condition, accuracy in ACCURACY.items():
        # What one condition answers rightly the others do more often than not, if at all.
        shared = effect and condition != "zsl"
        own = answers(rng, labels, classes, accuracy if effect else 0.5, easy if shared else None)
        found[f"{condition}.log_probs"] = own
        found[f"{condition}.free"] = np.log(rng.dirichlet(np.full(classes, 20.0), 3) / 2)
    for measure, mean in (MEANS if effect else NULL_MEANS).items():
        for position in POSITIONS:
            count = KENDALL_QUERIES if measure.startswith("kendall") else QUERIES
            flat = not effect or measure.endswith(("random", "gaussian"))
            found[f"main.{measure}.{position}"] = layered(rng, count, mean, flat)
    return found


def controls(rng, classes, effect, comparisons):
    """The same measures of fewer queries for every comparison, answers, and orders."""
    labels = rng.integers(classes, size=CONTROL_QUERIES)
    found = {"labels": labels}
    means = MEANS if effect else NULL_MEANS
    for comparison in comparisons:
        for measure in CONTROL_MEASURES:
            share = 1.0 if measure == "simam_before" else SHARES[comparison]
            if comparison == "random_update" and measure == "simaou":
                share = 0.4
            for position in POSITIONS:
                values = layered(rng, CONTROL_QUERIES, share * means[measure], not effect)
                found[f"{comparison}.{measure}.{position}"] = values
        if comparison not in {"rate0", "unrelated"}:
            found[f"{comparison}.ft"] = answers(rng, labels, classes, 0.6)
        if comparison != "ascent":
            found[f"{comparison}.icl"] = answers(rng, labels, classes, 0.7)
    for condition, spread in (("icl", 0.12 if effect else 0.02), ("ft", 0.02)):
        each = [
            answers(rng, labels, classes, accuracy)
            for accuracy in np.clip(rng.normal(0.7, spread, ORDERS), 0.05, 0.95)
        ]
        found[f"order.{condition}"] = np.stack(each)
    return found


def search(rng, classes, effect):
    """Accuracy over seeds and learning rates, on both splits."""
    labels = {"selection": rng.integers(classes, size=SELECTION)}
    labels["evaluation"] = rng.integers(classes, size=QUERIES)
    best = 0.5 + (0.2 if effect else 0.0) * np.exp(-((np.arange(len(RATES)) - 3.0) ** 2) / 3)
    found = {"seeds": SEEDS, "learning_rates": RATES, "selection_labels": labels["selection"]}
    found["labels"] = labels["evaluation"]
    for split, own in labels.items():
        found[f"ft.{split}"] = np.stack([answers(rng, own, classes, p) for p in best])
    own = labels["selection"]
    found["icl.selection"] = np.stack([answers(rng, own, classes, 0.7) for _ in SEEDS])
    found["zsl.selection"] = answers(rng, own, classes, 0.5)
    for name, split, place in (
        ("rate_index", "selection", "ft"),
        ("paper_rate_index", "evaluation", "ft"),
        ("seed_index", "selection", "icl"),
    ):
        hits = found[f"{place}.{split}"].argmax(axis=-1) == labels[split]
        found[name] = np.asarray(hits.mean(axis=1).argmax())
    return found


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

"""Every table of this paper that comes from answers and measures, from made-up arrays."""

from importlib import import_module

import made_up_answers
import numpy as np
import pandas as pd

from reprise.graph.build import build
from reprise.graph.nodes import full_entry
from reprise.results import Inputs
from reprise.specs.load import Config, papers_folder

KEY = "dai2022"
NAMES = """
accuracy recovery similarity layers controls
search_rates search_seeds search_choices rate_measures
orders order_accuracies sets model_and_texts published paper_table1 paper_table2
paper_table3 paper_table4 paper_table5 task_values overall
""".split()
"""Tables that come from answers and measures; all read the datasets that they need."""

NODES = {
    node.name: node
    for node in build(Config(scale="smoke", papers=[KEY])).nodes.values()
    if node.kind == "table"
}


def tables(datasets, only=tuple(NAMES)):
    """The tables ``only``, and before them those that they read."""
    made = {}
    for name in only:
        make(name, datasets, made)
    return made


def make(name, datasets, made):
    """Put a table, and what it reads, into ``made``."""
    spec = NODES[name].spec
    needed = spec.get("tables", [])
    for each in needed:
        if each not in made:
            make(each, datasets, made)
    module, function = full_entry(KEY, spec["entry"]).split(":")
    references = [file.removesuffix(".csv") for file in spec.get("reference", [])]
    made[name] = getattr(import_module(module), function)(
        Inputs(
            datasets=datasets,
            tables={each: made[each] for each in needed},
            reference={each: reference(each) for each in references},
            params=spec.get("params", {}),
        )
    )


def entry(where):
    """``module:function`` of the paper's tables."""
    module, function = where.split(":")
    return getattr(import_module(f"papers.{KEY}.tables.{module}"), function)


def reference(name):
    """A reference, read as the paper reads it."""
    return pd.read_csv(
        papers_folder() / KEY / "reference" / f"{name}.csv", keep_default_na=False, na_values=[""]
    )


def momentum(effect=True, seeds=3):
    """Perplexities and few-shot accuracies of made-up language models, by the name of a table."""
    rng = np.random.default_rng(5)
    shares = {"vanilla": 1.0, "momentum": 0.99, "matched": 0.995, "alibi": 0.997}
    shares |= {"convolution": 0.998, "rotary": 0.98, "rotary_momentum": 0.97}
    losses, right = [], []
    for seed in range(seeds):
        base = {("train", 128): 17.0, ("valid", 32): 31.2, ("valid", 64): 27.5, ("valid", 128): 25}
        base = {place: value * (1 + 0.01 * rng.normal()) for place, value in base.items()}
        for variant, share in shares.items():
            own = share if effect else 1.0
            losses += [
                (variant, seed, *place, value * own * (1 + 0.0003 * rng.normal()))
                for place, value in base.items()
            ]
            if variant not in {"vanilla", "momentum"}:
                continue
            gain = 3.0 if effect and variant != "vanilla" else 0.0
            right += [
                (variant, task, seed, demos, 40 + gain + 2 * rng.normal())
                for task in made_up_answers.TASKS
                for demos in range(5)
            ]
    columns = ["variant", "seed", "split", "length", "perplexity"]
    return {
        "language_chosen": pd.DataFrame(losses, columns=columns),
        "language_few_shot": pd.DataFrame(
            right, columns=["variant", "task", "seed", "demonstrations", "accuracy"]
        ),
    }


def momentum_tables(effect=True):
    """What claims and tables 6 and 7 make of ``momentum``, and the softmax's share."""
    made = momentum(effect)
    losses, right = made["language_chosen"], made["language_few_shot"]
    network = {"layers": 2, "width": 64, "steps": 1000, "tokens": 256}
    return {
        "language_network": pd.DataFrame([network]),
        "paper_table6": entry("momentum:perplexities")(
            Inputs(tables={"l": losses}, reference={"table6": reference("table6")})
        ),
        "paper_table7": entry("momentum:few_shot")(
            Inputs(tables={"r": right}, reference={"table7": reference("table7")})
        ),
        "momentum_seeds": entry("momentum:momentum_seeds")(Inputs(tables=made)),
        "momentum_tasks": entry("momentum:momentum_tasks")(Inputs(tables=made)),
        "theory_relaxation": pd.DataFrame(
            {"scale": [1.0], "demonstrations": [1024], "cosine": [0.95 if effect else 0.1]}
        ),
    }

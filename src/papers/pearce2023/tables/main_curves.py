"""Accuracy and loss of the main network (F1 and F14 of Pearce et al. 2023)."""

import pandas as pd

from papers.pearce2023.tables.main_runs import run_events, shown_member
from reprise.results import Inputs

COLUMNS = ("train_accuracy", "test_accuracy", "train_loss", "test_loss", "param_l2")


def curves(inputs: Inputs) -> pd.DataFrame:
    """Logged metrics of every seed: ``seed``, ``shown``, ``step``, and one column per metric.

    Losses are in nats per example and class (cross-entropy / 67). One seed is ``shown``.
    """
    run = inputs.runs["main"]
    chosen = shown_member(run_events(run.metrics))
    table = run.metrics.assign(
        seed=run.metrics["member"].map(run.members["seed"]),
        shown=run.metrics["member"] == chosen,
    )
    return table[["seed", "shown", "step", *COLUMNS]].reset_index(drop=True)


def events(inputs: Inputs) -> pd.DataFrame:
    """Events of every seed, one row each: ``seed``, ``shown``, the columns of ``run_events``."""
    run = inputs.runs["main"]
    table = run_events(run.metrics)
    table.insert(0, "seed", run.members["seed"])
    table.insert(1, "shown", table.index == shown_member(table))
    return table.reset_index(drop=True)


def published(inputs: Inputs) -> pd.DataFrame:
    """Published test accuracies: ``source`` (article, notebook), ``step``, ``test_accuracy``."""
    return inputs.reference["main_accuracy"][["source", "step", "test_accuracy"]]

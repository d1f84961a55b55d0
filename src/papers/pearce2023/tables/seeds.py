"""Many seeds of the main network, beside the 450 published ones (F20 of Pearce et al. 2023)."""

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import classes, events
from papers.pearce2023.analysis.frequency_groups import Neurons, analyse
from reprise.results import Inputs, RunResult
from reprise.stats.intervals import binomial_interval

SAVED = 0.95
"""Final test accuracy above which the published notebook keeps a run (cell 39)."""
NO_FREQUENCY = "none"
BIN = 5000
"""Steps in one bin of the published histogram."""
EVERY = 1000
"""Steps from one published log of the seeds to the next; between these, ours are not looked at."""
OPEN_END = 6
"""The published count of neurons in no group ends with "6 or more"."""


def curves(inputs: Inputs) -> pd.DataFrame:
    """Losses of every seed: ``seed``, ``step``, ``train_loss``, ``test_loss`` (nats / 67)."""
    columns = ["train_loss", "test_loss"]
    parts = []
    for run in inputs.runs.values():
        metrics = _metrics(run)
        parts.append(metrics.assign(seed=metrics["member"].map(run.members["seed"])))
    table = pd.concat(parts, ignore_index=True)[["seed", "step", *columns]]
    # Five digits draw a curve; the exact ends are in the table of the seeds.
    table[columns] = table[columns].map(lambda value: float(f"{value:.5g}"))
    return table


def networks(inputs: Inputs) -> pd.DataFrame:
    """One row per seed of all runs: what it learned and when.

    ``seed``, ``generalised`` (final test accuracy above 0.95, as kept by the published notebook),
    ``class`` (M, K, G, N), ``frequencies`` ("3 14 33") and their ``number``, ``in_no_group``
    (neurons), ``three_or_four``, ``max_ratio``, ``low_test_loss_step``
    (first logged step with test loss below 0.01), final accuracies and losses.
    """
    return pd.concat([_networks(run) for run in inputs.runs.values()], ignore_index=True)


def _networks(run: RunResult) -> pd.DataFrame:
    metrics = _metrics(run)
    extremes = classes.extremes(metrics)
    neurons = [_neurons(run, member) for member in range(len(run.views))]
    numbers = [len(one.groups) for one in neurons]
    ends = {
        f"final_{name}": events.final(metrics, name)
        for name in ("train_accuracy", "test_accuracy", "train_loss", "test_loss")
    }
    return pd.DataFrame(
        {
            "seed": run.members["seed"],
            "generalised": ends["final_test_accuracy"] > SAVED,
            "class": classes.classify(extremes),
            "frequencies": [" ".join(map(str, one.groups)) or NO_FREQUENCY for one in neurons],
            "number": numbers,
            "three_or_four": [number in (3, 4) for number in numbers],
            "in_no_group": [int((one.group == 0).sum()) for one in neurons],
            "max_ratio": extremes["max_ratio"],
            "low_test_loss_step": events.first_step(metrics, "test_loss", below=1e-2),
            **ends,
        }
    )


def groups(inputs: Inputs) -> pd.DataFrame:
    """One row per seed and frequency: ``seed``, ``generalised``, ``frequency``, ``neurons``."""
    rows = []
    for run in inputs.runs.values():
        generalised = events.final(run.metrics, "test_accuracy") > SAVED
        rows += [
            (int(run.members.loc[member, "seed"]), bool(generalised[member]), frequency, size)
            for member in range(len(run.views))
            for frequency, size in _sizes(_neurons(run, member)).items()
        ]
    return pd.DataFrame(rows, columns=["seed", "generalised", "frequency", "neurons"])


def distributions(inputs: Inputs) -> pd.DataFrame:
    """Counts over the generalised networks beside the published ones, one row per value.

    ``quantity``, ``value``, ``count``, ``share`` with its exact binomial interval ``low``, ``high``
    (groups of one network counted as independent), ``published_count``, ``published_share``.
    """
    networks = inputs.tables["seeds_networks"]
    networks = networks[networks["generalised"]]
    sizes = inputs.tables["seeds_groups"]
    ours = {
        "frequencies_per_network": networks["number"],
        "neurons_per_frequency": sizes.loc[sizes["generalised"], "neurons"],
        "neurons_in_no_group": networks["in_no_group"].clip(upper=OPEN_END),
        "thousand_steps_to_test_loss_0.01": networks["low_test_loss_step"] // BIN * BIN / 1000,
    }
    published = inputs.reference["seeds_counts"]
    return pd.concat(
        [
            _distribution(quantity, values, published[published["quantity"] == quantity])
            for quantity, values in ours.items()
        ],
        ignore_index=True,
    )


def quantiles(inputs: Inputs) -> pd.DataFrame:
    """5, 50 and 95 % quantiles of the losses over the generalised networks, and the published ones.

    ``source`` (ours, published), ``split``, ``step``, ``p5``, ``p50``, ``p95``; nats / 67.
    """
    networks, table = inputs.tables["seeds_networks"], inputs.tables["seeds_curves"]
    generalised = table[table["seed"].isin(networks.loc[networks["generalised"], "seed"])]
    frames = []
    for split in ("train", "test"):
        levels = generalised.groupby("step")[f"{split}_loss"].quantile([0.05, 0.5, 0.95]).unstack()
        levels = levels.reindex(columns=[0.05, 0.5, 0.95])
        levels.columns = ["p5", "p50", "p95"]
        frames.append(levels.reset_index().assign(source="ours", split=split))
    published = inputs.reference["seeds_losses"].assign(source="published")
    columns = ["source", "split", "step", "p5", "p50", "p95"]
    return pd.concat([*frames, published], ignore_index=True)[columns]


def _distribution(quantity: str, values: pd.Series, published: pd.DataFrame) -> pd.DataFrame:
    ours = values.dropna().astype(int).value_counts()
    theirs = published.set_index("value")["count"]
    rows = pd.DataFrame({"count": ours, "published_count": theirs}).fillna(0).astype(int)
    rows = rows.sort_index().rename_axis("value").reset_index()
    total = int(rows["count"].sum())
    intervals = [
        binomial_interval(count, total) if total else (np.nan, np.nan) for count in rows["count"]
    ]
    return rows.assign(
        quantity=quantity,
        share=rows["count"] / total if total else np.nan,
        low=[low for low, _ in intervals],
        high=[high for _, high in intervals],
        published_share=rows["published_count"] / rows["published_count"].sum(),
    )[
        [
            "quantity",
            "value",
            "count",
            "share",
            "low",
            "high",
            "published_count",
            "published_share",
        ]
    ]


def _metrics(run: RunResult) -> pd.DataFrame:
    """The metrics at the steps at which the published ones were logged; all of a short run."""
    every = EVERY if run.spec.steps >= EVERY else 1
    return run.metrics[run.metrics["step"] % every == 0]


def _neurons(run: RunResult, member: int) -> Neurons:
    view = run.views[member]
    return analyse(np.asarray(view["W_input"][-1]), np.asarray(view["W_output"][-1]))


def _sizes(neurons: Neurons) -> dict[int, int]:
    return {frequency: int((neurons.group == frequency).sum()) for frequency in neurons.groups}

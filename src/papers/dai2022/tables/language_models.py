"""Small language models: perplexity and few-shot accuracy of each, which rate is chosen, and drops.

A variant is a run's name after ``language_``. Models of equal seed begin with the same weights and
read the same batches, so that differences are paired. ``eta`` is NaN where there is no momentum.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import Float

from papers.dai2022.analysis.label_answers import answers, mean_centred
from papers.dai2022.models.token_nll import token_nats
from reprise.results import Inputs, RunResult, finished, member_spec
from reprise.stats.intervals import band, means
from reprise.training.network import network
from reprise.training.progress import done, expect

VANILLA = "vanilla"
SELECTION = "selection"
"""Split whose losses choose a rate: validation text, at the full length."""


class Model(NamedTuple):
    """One trained network."""

    variant: str
    eta: float
    seed: int
    module: Any
    selection_loss: float
    """Validation loss at the end, in nats per token."""


def perplexities(inputs: Inputs) -> pd.DataFrame:
    """``variant``, ``eta``, ``seed``, ``split``, ``length``, ``perplexity``, ``drop`` .. ``high``.

    Splits are ``train``, ``selection`` and, at three lengths, ``valid``. ``drop`` is by how many
    percent perplexity is lower than vanilla's of the same seed; ``low`` and ``high``: 95 % over
    windows. Takes any number of runs and one dataset of windows.
    """
    (windows,) = inputs.datasets.values()
    losses: dict[tuple[int, str], np.ndarray] = {}
    rows = []
    for model in _models(inputs.runs):
        longest = windows["full"].shape[1]
        first = [model.variant, model.eta, model.seed]
        for name, tokens in windows.items():
            split = "train" if name == "train" else "valid"
            nats = means(token_nats(model.module, tokens, longest).mean(axis=1))
            known = losses.setdefault((model.seed, name), nats)
            drop = 100 * (1 - np.exp(nats - known))
            perplexity = float(np.exp(nats[0]))
            rows.append((*first, split, tokens.shape[1] - 1, perplexity, *map(float, band(drop))))
        missing = 3 * [np.nan]
        rows.append((*first, SELECTION, longest - 1, np.exp(model.selection_loss), *missing))
    names = ["variant", "eta", "seed", "split", "length", "perplexity", "drop", "low", "high"]
    return pd.DataFrame(rows, columns=names)


def chosen(inputs: Inputs) -> pd.DataFrame:
    """Rows of ``perplexities`` at one rate per variant: that of the least validation perplexity.

    Columns ``variant``, ``eta``, ``seed``, ``split``, ``length``, ``perplexity``.
    """
    (table,) = inputs.tables.values()
    parts = []
    for variant, rows in table.groupby("variant", sort=False):
        selection = rows[rows["split"] == SELECTION]
        best = selection.groupby("eta", dropna=False)["perplexity"].mean().idxmin()
        same = rows["eta"].isna() if np.isnan(best) else rows["eta"] == best
        parts.append(rows[same & (rows["split"] != SELECTION)].assign(variant=variant))
    names = ["variant", "eta", "seed", "split", "length", "perplexity"]
    return pd.concat(parts, ignore_index=True)[names]


def few_shot(inputs: Inputs) -> pd.DataFrame:
    """``variant``, ``task``, ``seed``, ``demonstrations`` (their draw) and ``accuracy`` (percent).

    Of vanilla and of momentum at the rate of the table of ``chosen``; one dataset of prompts. A
    label's score is the mean log probability of its tokens. Params: ``calibrated``, whether every
    label's mean over queries is taken away.
    """
    (prompts,) = inputs.datasets.values()
    (table,) = inputs.tables.values()
    rates = table.groupby("variant")["eta"].first()
    score = mean_centred if inputs.params.get("calibrated") else _as_they_are
    rows = []
    for model in _models(inputs.runs):
        if not np.array_equal(model.eta, rates.get(model.variant, -1.0), equal_nan=True):
            continue
        for task in tasks(prompts):
            for draw, right in enumerate(_right(model.module, prompts, task, score)):
                rows.append((model.variant, task, model.seed, draw, 100 * float(right.mean())))
    return pd.DataFrame(rows, columns=["variant", "task", "seed", "demonstrations", "accuracy"])


def tasks(prompts: Mapping[str, np.ndarray]) -> list[str]:
    """The tasks of a dataset of few-shot prompts."""
    return [name.removesuffix(".tokens") for name in prompts if name.endswith(".tokens")]


def _right(
    module: Any,
    prompts: Mapping[str, np.ndarray],
    task: str,
    score: Callable[[Float[np.ndarray, "... query class"]], Any],
) -> Iterator[np.ndarray]:
    """Per draw of demonstrations: which queries are answered correctly."""
    arrays = {key: prompts[f"{task}.{key}"] for key in ("tokens", "starts", "ends")}
    lengths, labels = prompts[f"{task}.label_lengths"], prompts[f"{task}.labels"]
    for tokens, start in zip(arrays["tokens"], arrays["starts"], strict=True):
        nats = token_nats(module, tokens.reshape(-1, tokens.shape[-1]))
        nats = nats.reshape(*tokens.shape[:2], -1)
        # The loss of column t is that of the token in column t + 1.
        first = (start + arrays["ends"] - 1)[:, None, None]
        column = np.arange(nats.shape[-1])
        of_label = (column >= first) & (column < first + lengths[:, None])
        scores = -(nats * of_label).sum(axis=-1) / lengths
        yield answers(np.asarray(score(scores))) == labels


def _as_they_are(scores: np.ndarray) -> np.ndarray:
    return scores


def _models(runs: Mapping[str, RunResult]) -> Iterator[Model]:
    expect(sum(len(finished(result)) for result in runs.values()), "networks")
    for run, result in runs.items():
        last = result.metrics.groupby("member")["test_loss"].last()
        for member in finished(result):
            spec: Any = member_spec(result, member)
            eta = spec.model.momentum
            yield Model(
                run.removeprefix("language_"),
                np.nan if eta is None else float(eta),
                int(result.members.at[member, "seed"]),
                network(spec, result.params[member]),
                float(last[member]),
            )
            done()

"""Zero-shot, in-context and finetuned passes over the evaluation queries of one task."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from reprise.models.decoder import Network
from reprise.models.decoding import Prefix, Recording, finetune, read_prefix, record, untuned
from reprise.papers.dai2022.comparisons import (
    Passes,
    Taught,
    order_baselines,
    placed,
    random_baselines,
    similarities,
    taught,
    token_orders,
)
from reprise.papers.dai2022.materials import model
from reprise.papers.dai2022.protocol import (
    Arrays,
    Batch,
    Demonstrations,
    batches,
    demonstrations,
    log_probs,
    sequences,
)
from reprise.results import Inputs


class Settings(NamedTuple):
    """What a comparison sets side by side: networks, and the demonstrations they were given."""

    zsl: Network
    ft: Network
    prefix: Prefix
    """The context as the network of ``icl`` has read it."""
    icl: Network


Reader = Callable[[Network, Batch, np.ndarray, Prefix | None], Recording]


def read(module: Network, batch: Batch, candidates: np.ndarray, prefix: Prefix | None) -> Recording:
    """What ``module`` does with a batch."""
    return record(module, batch.tokens, batch.ends, candidates, prefix)


def measures(inputs: Inputs) -> dict[str, np.ndarray]:
    """Answers and similarities of every query, with the seed and rate that ``search`` chose.

    ``<setting>.log_probs`` [query, class] and ``<setting>.free`` [prompt, class] (after prompts
    without content) for zsl, icl and ft; ``icl_second.log_probs`` with the next seed's examples;
    ``main.<measure>.<position>`` [query, layer], those of token orders for the first queries only.
    Params: ``task``, ``kendall_queries``, ``seed`` (of random baselines).
    """
    task = str(inputs.params["task"])
    prompts, choice = inputs.datasets[f"prompts_{task}"], inputs.datasets[f"search_{task}"]
    module = model(inputs)
    seed = choice["seed_index"].item()
    shown = demonstrations(prompts, seed)
    rate = float(choice["learning_rates"][choice["rate_index"].item()])
    tuned = finetune(module, *shown.sequences(), rate)
    settings = Settings(module, tuned.module, read_prefix(module, shown.context()), module)
    still = untuned(module, shown.sequences()[0])
    learned = {
        "after": taught(tuned.queries, shown.lengths + 1),
        "untaught": taught(still.queries, shown.lengths + 1),
    }
    found, answers = _all_batches(inputs, prompts, shown, settings, learned)
    second = demonstrations(prompts, (seed + 1) % len(prompts["seeds"]))
    other = read_prefix(module, second.context())
    in_context = sequences(prompts, "queries", True)
    return {
        "labels": prompts["query_labels"],
        "query_lengths": prompts["query_lengths"],
        **found,
        **answers,
        **_free(prompts, settings),
        "icl_second.log_probs": log_probs(module, in_context, prompts["label_tokens"], other),
    }


def passes(
    prompts: Arrays,
    settings: Settings,
    zero_shot: Batch,
    in_context: Batch,
    reader: Reader = read,
) -> tuple[Passes, dict[str, np.ndarray]]:
    """The recordings of one batch, without its repeated rows, and the answers of each setting."""
    candidates, count = prompts["label_tokens"], len(zero_shot.rows)
    recorded = {
        "zsl": reader(settings.zsl, zero_shot, candidates, None),
        "icl": reader(settings.icl, in_context, candidates, settings.prefix),
        "ft": reader(settings.ft, zero_shot, candidates, None),
    }
    lengths = np.pad(
        prompts["query_lengths"][zero_shot.rows], (0, len(zero_shot.ends) - count), mode="edge"
    )
    real = _some(Passes(**recorded, lengths=lengths), np.arange(count))
    answers = {f"{name}.log_probs": getattr(real, name).log_probs for name in recorded}
    return real, answers


def paired(prompts: Arrays, most: int | None = None) -> list[tuple[Batch, Batch]]:
    """Batches of the same queries without and with a context before them."""
    sides = [list(batches(sequences(prompts, "queries", side, most))) for side in (False, True)]
    return list(zip(*sides, strict=True))


def _all_batches(
    inputs: Inputs,
    prompts: Arrays,
    shown: Demonstrations,
    settings: Settings,
    learned: dict[str, Taught],
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    rng = np.random.default_rng(int(inputs.params.get("seed", 0)))
    most, count = int(inputs.params["kendall_queries"]), len(prompts["queries"])
    examples = shown.examples()
    parts, ordered, answered = [], [], []
    for zero_shot, in_context in paired(prompts):
        recorded, answers = passes(prompts, settings, zero_shot, in_context)
        answered.append((zero_shot.rows, answers))
        parts.append((zero_shot.rows, similarities(recorded) | random_baselines(recorded, rng)))
        early = zero_shot.rows < most
        if early.any():
            few = _some(recorded, early)
            orders = token_orders(few, learned["after"], examples)
            orders |= order_baselines(few, learned["untaught"], examples, rng)
            ordered.append((zero_shot.rows[early], orders))
    found = placed(parts, count) | placed(ordered, min(most, count))
    return {f"main.{name}": values for name, values in found.items()}, placed(answered, count)


def _free(prompts: Arrays, settings: Settings) -> dict[str, np.ndarray]:
    candidates = prompts["label_tokens"]
    alone, in_context = (sequences(prompts, "free", side) for side in (False, True))
    return {
        "zsl.free": log_probs(settings.zsl, alone, candidates),
        "icl.free": log_probs(settings.icl, in_context, candidates, settings.prefix),
        "ft.free": log_probs(settings.ft, alone, candidates),
    }


def _some(passes: Passes, rows: np.ndarray) -> Passes:
    """The passes of some of their queries."""
    return Passes(
        _of(passes.zsl, rows), _of(passes.icl, rows), _of(passes.ft, rows), passes.lengths[rows]
    )


def _of(recording: Recording, rows: np.ndarray) -> Recording:
    demo = recording.demo_scores
    return Recording(
        recording.log_probs[rows],
        recording.hidden[:, :, rows],
        recording.own_scores[:, :, :, rows],
        None if demo is None else demo[:, :, rows],
        recording.queries[:, :, rows],
    )

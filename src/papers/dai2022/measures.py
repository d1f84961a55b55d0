"""Zero-shot, in-context and finetuned passes over the evaluation queries of one task.

The first queries are read by the altered networks of the controls, too, in the same node: both need
the finetuned network, the demonstrations as the model has read them, and the passes over those
queries, and to make these twice takes as long as a third of the controls.
"""

from collections.abc import Iterator

import numpy as np

from papers.dai2022.comparisons import (
    Passes,
    order_baselines,
    placed,
    random_baselines,
    similarities,
    token_orders,
)
from papers.dai2022.controls import check_comparisons, controls
from papers.dai2022.materials import model
from papers.dai2022.models.decoder_answers import read_prefix
from papers.dai2022.protocol import demonstrations, log_probs, sequences
from papers.dai2022.settings import Settings, paired, passes, read, some
from papers.dai2022.world import World
from reprise.results import Inputs

Answers = dict[str, np.ndarray]


def measures(inputs: Inputs) -> dict[str, np.ndarray]:
    """Answers and similarities of every query, with the seed and rate that ``search`` chose.

    ``<setting>.log_probs`` [query, class] and ``<setting>.free`` [prompt, class] (after prompts
    without content) for zsl, icl and ft; ``icl_second.log_probs`` with the next seed's examples;
    ``main.<measure>.<position>`` [query, layer], those of token orders for the first queries only;
    what ``controls`` finds, as ``controls.<name>``. Params: ``task``, ``kendall_queries``, ``seed``
    (of random baselines); ``control_queries``, ``comparisons`` and ``orders`` of the controls, and
    ``other``, the task of cross_task.

    Raises:
        ConfigError: there is no such comparison.
    """
    check_comparisons(inputs.params["comparisons"])
    world = _world(inputs)
    prompts = world.prompts
    checked = min(int(inputs.params["control_queries"]), len(prompts["queries"]))
    found, answers = _all_batches(world, checked, int(inputs.params["kendall_queries"]))
    altered = controls(world, checked, inputs.params["comparisons"], int(inputs.params["orders"]))
    second = demonstrations(prompts, (world.place + 1) % len(prompts["seeds"]))
    other = read_prefix(world.module, second.context())
    in_context = sequences(prompts, "queries", True)
    return {
        "labels": prompts["query_labels"],
        "query_lengths": prompts["query_lengths"],
        **found,
        **answers,
        **_free(world),
        "icl_second.log_probs": log_probs(world.module, in_context, prompts["label_tokens"], other),
        **{f"controls.{name}": values for name, values in altered.items()},
    }


def _world(inputs: Inputs) -> World:
    task, other = str(inputs.params["task"]), str(inputs.params["other"])
    choice = inputs.datasets[f"search_{task}"]
    return World(
        module=model(inputs),
        prompts=inputs.datasets[f"prompts_{task}"],
        other=inputs.datasets[f"prompts_{other}"],
        place=choice["seed_index"].item(),
        rate=float(choice["learning_rates"][choice["rate_index"].item()]),
        seed=int(inputs.params.get("seed", 0)),
    )


def _all_batches(world: World, checked: int, most: int) -> tuple[Answers, Answers]:
    rng = np.random.default_rng(world.seed)
    count = len(world.prompts["queries"])
    examples = world.shown.examples()
    learned, untaught = world.learned(world.tuned), world.learned(world.untuned)
    parts, ordered, answered = [], [], []
    for rows, recorded, answers in _passes(world, checked):
        answered.append((rows, answers))
        parts.append((rows, similarities(recorded) | random_baselines(recorded, rng)))
        early = rows < most
        if early.any():
            few = some(recorded, early)
            orders = token_orders(few, learned, examples)
            orders |= order_baselines(few, untaught, examples, rng)
            ordered.append((rows[early], orders))
    found = placed(parts, count) | placed(ordered, min(most, count))
    return {f"main.{name}": values for name, values in found.items()}, placed(answered, count)


def _passes(world: World, checked: int) -> Iterator[tuple[np.ndarray, Passes, Answers]]:
    """Rows, recordings and answers of every batch; ``world`` keeps those below ``checked``."""
    settings = world.main
    for reader, first, last in ((world.reader, 0, checked), (read, checked, None)):
        for zero_shot, in_context in paired(world.prompts, first, last):
            yield zero_shot.rows, *passes(world.prompts, settings, zero_shot, in_context, reader)


def _free(world: World) -> Answers:
    settings: Settings = world.main
    candidates = world.prompts["label_tokens"]
    alone, in_context = (sequences(world.prompts, "free", side) for side in (False, True))
    return {
        "zsl.free": log_probs(settings.zsl, alone, candidates),
        "icl.free": log_probs(settings.icl, in_context, candidates, settings.prefix),
        "ft.free": log_probs(settings.ft, alone, candidates),
    }

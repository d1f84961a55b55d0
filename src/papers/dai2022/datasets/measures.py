"""Zero-shot, in-context and finetuned passes over the evaluation queries of one task.

The first queries are read by the changed networks of the controls, too, in the same node: both need
the finetuned network, the demonstrations as the model has read them, and the passes over those
queries, and to make these twice takes as long as a third of the controls.
"""

from collections.abc import Iterator

import numpy as np

from papers.dai2022.datasets.controls import check_comparisons, controls
from papers.dai2022.datasets.experiment import Experiment
from papers.dai2022.datasets.model_and_texts import model
from papers.dai2022.datasets.passes import Settings, paired, passes, read, some
from papers.dai2022.datasets.sequences import Arrays, demonstrations, log_probs, sequences
from papers.dai2022.datasets.similarities import (
    Passes,
    order_baselines,
    placed,
    random_baselines,
    similarities,
    token_orders,
)
from papers.dai2022.models.decoder_answers import read_prefix
from reprise.results import Inputs
from reprise.training.progress import expect

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
    experiment = _experiment(inputs)
    prompts = experiment.prompts
    checked = min(int(inputs.params["control_queries"]), len(prompts["queries"]))
    expect(_readings(inputs, prompts, checked), "readings of queries")
    measured, answers = _all_batches(experiment, checked, int(inputs.params["kendall_queries"]))
    control_arrays = controls(
        experiment, checked, inputs.params["comparisons"], int(inputs.params["orders"])
    )
    second = demonstrations(prompts, (experiment.seed_index + 1) % len(prompts["seeds"]))
    other = read_prefix(experiment.module, second.context())
    in_context = sequences(prompts, "queries", True)
    return {
        "labels": prompts["query_labels"],
        "query_lengths": prompts["query_lengths"],
        **measured,
        **answers,
        **_free(experiment),
        "icl_second.log_probs": log_probs(
            experiment.module, in_context, prompts["label_tokens"], other
        ),
        **{f"controls.{name}": values for name, values in control_arrays.items()},
    }


def _readings(inputs: Inputs, prompts: Arrays, checked: int) -> int:
    """How often a network reads a query: in three settings each, or in one."""
    in_three = len(prompts["queries"]) + len(inputs.params["comparisons"]) * checked
    in_one = len(prompts["queries"]) + 2 * int(inputs.params["orders"]) * checked
    return 3 * (in_three + len(prompts["free"])) + in_one


def _experiment(inputs: Inputs) -> Experiment:
    task, other = str(inputs.params["task"]), str(inputs.params["other"])
    choice = inputs.datasets[f"search_{task}"]
    return Experiment(
        module=model(inputs),
        prompts=inputs.datasets[f"prompts_{task}"],
        other=inputs.datasets[f"prompts_{other}"],
        seed_index=choice["seed_index"].item(),
        rate=float(choice["learning_rates"][choice["rate_index"].item()]),
        seed=int(inputs.params.get("seed", 0)),
    )


def _all_batches(experiment: Experiment, checked: int, most: int) -> tuple[Answers, Answers]:
    rng = np.random.default_rng(experiment.seed)
    count = len(experiment.prompts["queries"])
    examples = experiment.demos.examples()
    tuned_queries, initial_queries = (
        experiment.token_queries(experiment.tuned),
        experiment.token_queries(experiment.untuned),
    )
    parts, ordered, answered = [], [], []
    for rows, recorded, answers in _passes(experiment, checked):
        answered.append((rows, answers))
        parts.append((rows, similarities(recorded) | random_baselines(recorded, rng)))
        early = rows < most
        if early.any():
            few = some(recorded, early)
            orders = token_orders(few, tuned_queries, examples)
            orders |= order_baselines(few, initial_queries, examples, rng)
            ordered.append((rows[early], orders))
    measured = placed(parts, count) | placed(ordered, min(most, count))
    return {f"main.{name}": values for name, values in measured.items()}, placed(answered, count)


def _passes(experiment: Experiment, checked: int) -> Iterator[tuple[np.ndarray, Passes, Answers]]:
    """Rows, recordings and answers of every batch; ``experiment`` keeps those below ``checked``."""
    settings = experiment.main
    for reader, first, last in ((experiment.reader, 0, checked), (read, checked, None)):
        for zero_shot, in_context in paired(experiment.prompts, first, last):
            yield (
                zero_shot.rows,
                *passes(experiment.prompts, settings, zero_shot, in_context, reader),
            )


def _free(experiment: Experiment) -> Answers:
    settings: Settings = experiment.main
    candidates = experiment.prompts["label_tokens"]
    alone, in_context = (sequences(experiment.prompts, "free", side) for side in (False, True))
    return {
        "zsl.free": log_probs(settings.zsl, alone, candidates),
        "icl.free": log_probs(settings.icl, in_context, candidates, settings.prefix),
        "ft.free": log_probs(settings.ft, alone, candidates),
    }

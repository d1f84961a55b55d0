"""The same measures where something is missing that the paper's account needs.

Each control replaces one thing: the labels that one side saw, the task of the other, the update,
the context, the network. What is left of a similarity then is not due to what was replaced.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from papers.dai2022.datasets.control_networks import random_update, untrained
from papers.dai2022.datasets.experiment import Experiment, compared, queries_of
from papers.dai2022.datasets.passes import Recordings
from papers.dai2022.datasets.sequences import demonstrations
from papers.dai2022.datasets.similarities import TokenQueries
from papers.dai2022.models.decoder_answers import Finetuned, finetune, read_prefix
from reprise.specs.errors import ConfigError, suggest


class Control(NamedTuple):
    """What is compared, and what the order of tokens is compared with, where there is one."""

    zsl: Recordings
    icl: Recordings
    ft: Recordings
    queries: TokenQueries | None = None


def controls(
    experiment: Experiment, comparisons: Sequence[str], most: int
) -> dict[str, np.ndarray]:
    """Every comparison's answers and similarities, on the first queries.

    ``<comparison>.<measure>.<position>`` [query, layer], those of token orders for queries below
    ``most``; ``<comparison>.icl`` and ``.ft`` [query, class].
    """
    arrays: dict[str, np.ndarray] = {}
    for name in comparisons:
        control = COMPARISONS[name](experiment)
        measured = compared(
            experiment.questions, control[:3], control.queries, experiment.demos.examples(), most
        )
        answers = {
            side: experiment.questions.answers(getattr(control, side)[: len(control.ft)])
            for side in ("icl", "ft")
        }
        arrays |= {f"{name}.{key}": values for key, values in (measured | answers).items()}
    return arrays


def _shuffled_ft(experiment: Experiment) -> Control:
    demos = experiment.relabelled
    return _against(experiment, *finetune(experiment.module, *demos.sequences(), [experiment.rate]))


def _ascent(experiment: Experiment) -> Control:
    demos = experiment.demos
    return _against(
        experiment, *finetune(experiment.module, *demos.sequences(), [-experiment.rate])
    )


def _layer_causal(experiment: Experiment) -> Control:
    demos, rates = experiment.demos, [experiment.rate]
    return _against(
        experiment, *finetune(experiment.module, *demos.sequences(), rates, layer_causal=True)
    )


def _random_update(experiment: Experiment) -> Control:
    moved = random_update(experiment.module, experiment.tuned, experiment.rng("update"))
    ft = experiment.questions.read(moved, early=True)
    return Control(experiment.zsl, experiment.icl, ft)


def _shuffled_icl(experiment: Experiment) -> Control:
    return _in_context(experiment, experiment.relabelled.context())


def _cross_task(experiment: Experiment) -> Control:
    return _in_context(experiment, demonstrations(experiment.other, 0).context())


def _unrelated(experiment: Experiment) -> Control:
    """Running text as long as the demonstrations (C6)."""
    length = len(experiment.demos.context())
    text = experiment.questions.prompts["unrelated"]
    whole = np.concatenate([[experiment.demos.bos], text])[:length]
    return _in_context(experiment, whole.astype(np.int32))


def _untrained(experiment: Experiment) -> Control:
    return _redrawn(experiment, keep_embeddings=True)


def _untrained_norms(experiment: Experiment) -> Control:
    return _redrawn(experiment, keep_embeddings=False)


COMPARISONS: dict[str, Callable[[Experiment], Control]] = {
    "shuffled_ft": _shuffled_ft,
    "shuffled_icl": _shuffled_icl,
    "cross_task": _cross_task,
    "random_update": _random_update,
    "ascent": _ascent,
    "unrelated": _unrelated,
    "layer_causal": _layer_causal,
    "untrained": _untrained,
    "untrained_norms": _untrained_norms,
}


def check_comparisons(names: Sequence[str]) -> None:
    """Raises ConfigError where one of ``names`` is no comparison."""
    for name in names:
        if name not in COMPARISONS:
            raise ConfigError(f"params.comparisons: {name!r}{suggest(str(name), COMPARISONS)}")


def _against(experiment: Experiment, tuned: Finetuned) -> Control:
    """In-context learning as it is, and another finetuned network."""
    ft = experiment.questions.read(tuned.module, early=True)
    return Control(experiment.zsl, experiment.icl, ft, queries_of(tuned, experiment.demos))


def _in_context(experiment: Experiment, context: np.ndarray) -> Control:
    """Another context, and finetuning as it is."""
    prefix = read_prefix(experiment.module, context)
    icl = experiment.questions.read(experiment.module, prefix, early=True)
    return Control(experiment.zsl, icl, experiment.ft)


def _redrawn(experiment: Experiment, keep_embeddings: bool) -> Control:
    rng = experiment.rng(f"untrained {keep_embeddings}")
    module = untrained(experiment.module, rng, keep_embeddings)
    demos = experiment.demos
    (tuned,) = finetune(module, *demos.sequences(), [experiment.rate])
    prefix = read_prefix(module, demos.context())
    zsl, icl, ft = (
        experiment.questions.read(network, before, early=True)
        for network, before in ((module, None), (module, prefix), (tuned.module, None))
    )
    return Control(zsl, icl, ft, queries_of(tuned, demos))

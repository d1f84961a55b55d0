"""The same measures where something is missing that the paper's account needs.

Each control replaces one thing: the labels that one side saw, the task of the other, the update,
the context, the network. What is left of a similarity then is not due to what was replaced.
"""

from collections.abc import Callable, Sequence

import numpy as np

from papers.dai2022.datasets.control_networks import random_update, untrained
from papers.dai2022.datasets.experiment import Control, Experiment
from papers.dai2022.datasets.passes import Settings, paired, passes
from papers.dai2022.datasets.sequences import demonstrations, log_probs, sequences
from papers.dai2022.datasets.similarities import TokenQueries, placed, similarities, token_orders
from papers.dai2022.models.decoder_answers import Finetuned, read_prefix
from reprise.specs.errors import ConfigError, suggest


def controls(
    experiment: Experiment, count: int, comparisons: Sequence[str], orders: int
) -> dict[str, np.ndarray]:
    """Every comparison's answers and similarities, on the first ``count`` queries.

    ``labels`` [query]; ``<comparison>.<measure>.<position>`` [query, layer], ``<comparison>.icl``
    and ``.ft`` [query, class]; ``order.icl`` and ``order.ft`` [order, query, class] after the same
    demonstrations in ``orders`` other orders.
    """
    arrays: dict[str, np.ndarray] = {"labels": experiment.prompts["query_labels"][:count]}
    for name in comparisons:
        measured = _measured(experiment, COMPARISONS[name](experiment), count)
        arrays |= {f"{name}.{key}": values for key, values in measured.items()}
    return arrays | _orders(experiment, orders, count)


def _measured(experiment: Experiment, control: Control, count: int) -> dict[str, np.ndarray]:
    examples = experiment.demos.examples()
    parts, answered = [], []
    for zero_shot, in_context in paired(experiment.prompts, 0, count):
        recorded, answers = passes(
            experiment.prompts, control.settings, zero_shot, in_context, experiment.reader
        )
        values = similarities(recorded)
        if control.token_queries is not None:
            values |= token_orders(recorded, control.token_queries, examples)
        parts.append((zero_shot.rows, values))
        answered.append((zero_shot.rows, answers))
    answers = placed(answered, count)
    return placed(parts, count) | {
        "icl": answers["icl.log_probs"],
        "ft": answers["ft.log_probs"],
    }


def _orders(experiment: Experiment, orders: int, count: int) -> dict[str, np.ndarray]:
    """Answers after the same demonstrations in other orders (C9)."""
    if not orders:
        return {}
    rng, candidates = experiment.rng("orders"), experiment.prompts["label_tokens"]
    alone, after = (sequences(experiment.prompts, "queries", side, count) for side in (False, True))
    icl, ft = [], []
    for _ in range(orders):
        shown = experiment.demos.reordered(rng.permutation(len(experiment.demos.lengths)))
        prefix = read_prefix(experiment.module, shown.context())
        icl.append(log_probs(experiment.module, after, candidates, prefix))
        tuned = experiment.finetuned(experiment.module, shown, queries=False)
        ft.append(log_probs(tuned.module, alone, candidates))
    return {"order.icl": np.stack(icl), "order.ft": np.stack(ft)}


def _main(experiment: Experiment) -> Control:
    return _against(experiment, experiment.tuned)


def _shuffled_ft(experiment: Experiment) -> Control:
    return _against(experiment, experiment.finetuned(experiment.module, experiment.relabelled))


def _ascent(experiment: Experiment) -> Control:
    return _against(
        experiment, experiment.finetuned(experiment.module, experiment.demos, rate=-experiment.rate)
    )


def _rate0(experiment: Experiment) -> Control:
    return _against(experiment, experiment.untuned)


def _layer_causal(experiment: Experiment) -> Control:
    return _against(
        experiment, experiment.finetuned(experiment.module, experiment.demos, layer_causal=True)
    )


def _random_update(experiment: Experiment) -> Control:
    moved = random_update(experiment.module, experiment.tuned.module, experiment.rng("update"))
    return Control(Settings(experiment.module, moved, experiment.prefix, experiment.module))


def _shuffled_icl(experiment: Experiment) -> Control:
    return _in_context(
        experiment, experiment.relabelled.context(), experiment.token_queries(experiment.tuned)
    )


def _cross_task(experiment: Experiment) -> Control:
    return _in_context(experiment, demonstrations(experiment.other, 0).context())


def _unrelated(experiment: Experiment) -> Control:
    """Running text as long as the demonstrations (C6)."""
    length = len(experiment.demos.context())
    text = np.concatenate([[experiment.demos.bos], experiment.prompts["unrelated"]])[:length]
    return _in_context(experiment, text.astype(np.int32))


def _untrained(experiment: Experiment) -> Control:
    return _redrawn(experiment, keep_embeddings=True)


def _untrained_norms(experiment: Experiment) -> Control:
    return _redrawn(experiment, keep_embeddings=False)


COMPARISONS: dict[str, Callable[[Experiment], Control]] = {
    "main": _main,
    "shuffled_ft": _shuffled_ft,
    "shuffled_icl": _shuffled_icl,
    "cross_task": _cross_task,
    "random_update": _random_update,
    "ascent": _ascent,
    "rate0": _rate0,
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
    settings = Settings(experiment.module, tuned.module, experiment.prefix, experiment.module)
    return Control(settings, experiment.token_queries(tuned))


def _in_context(
    experiment: Experiment, context: np.ndarray, queries: TokenQueries | None = None
) -> Control:
    """Another context, and finetuning as it is."""
    prefix = read_prefix(experiment.module, context)
    return Control(
        Settings(experiment.module, experiment.tuned.module, prefix, experiment.module), queries
    )


def _redrawn(experiment: Experiment, keep_embeddings: bool) -> Control:
    module = untrained(
        experiment.module, experiment.rng(f"untrained {keep_embeddings}"), keep_embeddings
    )
    tuned = experiment.finetuned(module, experiment.demos)
    prefix = read_prefix(module, experiment.demos.context())
    return Control(Settings(module, tuned.module, prefix, module), experiment.token_queries(tuned))

"""Choose the demonstrations' seed and the learning rate, on a split that is not evaluated.

The paper chooses both on the queries that it reports. The rates' answers to those are kept, too, so
that the difference is known.
"""

import numpy as np
from jaxtyping import Float, Int

from papers.dai2022.datasets.model_and_texts import model
from papers.dai2022.datasets.sequences import (
    Arrays,
    batches,
    demonstrations,
    log_probs,
    sequences,
)
from papers.dai2022.models.decoder import Network
from papers.dai2022.models.decoder_answers import finetune, read_prefix
from reprise.results import Inputs
from reprise.specs.errors import ConfigError
from reprise.training.progress import expect


def search(inputs: Inputs) -> dict[str, np.ndarray]:
    """Answers of every seed in context and of every rate after finetuning with the chosen seed.

    ``icl.selection`` [seed, query, class]; ``ft.selection`` and ``ft.evaluation`` [rate, query,
    class]; ``zsl.selection`` [query, class]: log probabilities. ``seed_index``, ``rate_index``: the
    most accurate on the selection split, the first of equals; ``paper_rate_index``: on the first
    evaluation queries, as the paper chooses. Params: ``task``, ``learning_rates``, ``evaluation``
    (how many queries those are; null: all).

    Raises:
        ConfigError: the network reads fewer tokens at once than the prompts have.
    """
    task = str(inputs.params["task"])
    prompts = inputs.datasets[f"prompts_{task}"]
    rates = np.asarray(inputs.params["learning_rates"], np.float32)
    most = inputs.params.get("evaluation")
    module = model(inputs)
    check_context(module, prompts, task)
    candidates = prompts["label_tokens"]
    labels = prompts["selection_labels"]
    each = len(rates) * (len(labels) + len(prompts["queries"][:most]))
    expect((len(prompts["seeds"]) + 1) * len(labels) + each, "readings of queries")
    icl = np.stack([_in_context(module, prompts, seed) for seed in range(len(prompts["seeds"]))])
    seed = most_accurate(icl, labels)
    shown = demonstrations(prompts, seed)
    # One rate after the other: at high rates another program ends at another network.
    tuned = [finetune(module, *shown.sequences(), rate).module for rate in rates.tolist()]
    alone = sequences(prompts, "selection", False), sequences(prompts, "queries", False, most)
    ft_selection, ft_evaluation = (
        np.stack([log_probs(one, queries, candidates) for one in tuned]) for queries in alone
    )
    evaluated = prompts["query_labels"][:most]
    return {
        "seeds": prompts["seeds"],
        "learning_rates": rates,
        "selection_labels": labels,
        "labels": evaluated,
        "zsl.selection": log_probs(module, alone[0], candidates),
        "icl.selection": icl,
        "ft.selection": ft_selection,
        "ft.evaluation": ft_evaluation,
        "seed_index": np.array(seed),
        "rate_index": np.array(most_accurate(ft_selection, labels)),
        "paper_rate_index": np.array(most_accurate(ft_evaluation, evaluated)),
    }


def check_context(module: Network, prompts: Arrays, task: str) -> None:
    """Raises ConfigError where demonstrations and a query are too long for ``module``."""
    seeds = range(len(prompts["seeds"]))
    context = max(len(demonstrations(prompts, seed).context()) for seed in seeds)
    query = max(
        batch.tokens.shape[1]
        for split in ("selection", "queries")
        for batch in batches(sequences(prompts, split, True))
    )
    if context + query > module.spec.context:
        raise ConfigError(
            f"dai2022.datasets.prompts_{task}.params.context: demonstrations and a query have "
            f"up to {context + query} tokens, and the model reads {module.spec.context} at once; "
            f"choose {module.spec.context - query} or fewer"
        )


def most_accurate(
    scores: Float[np.ndarray, "choice query class"], labels: Int[np.ndarray, " query"]
) -> int:
    """The choice whose highest scores are most often the labels, the first of equals."""
    return int((scores.argmax(-1) == labels).mean(-1).argmax())


def _in_context(module: Network, prompts: Arrays, seed: int) -> np.ndarray:
    prefix = read_prefix(module, demonstrations(prompts, seed).context())
    queries = sequences(prompts, "selection", True)
    return log_probs(module, queries, prompts["label_tokens"], prefix)

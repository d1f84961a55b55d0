"""Choose the demonstrations' seed and the learning rate, on a split that is not evaluated.

The paper chooses both on the queries that it reports. The rates' answers to those are kept, too, so
that the difference can be told.
"""

import numpy as np
from jaxtyping import Float, Int

from reprise.models.decoder import Network
from reprise.models.decoding import finetune_at_rates, read_prefix
from reprise.papers.dai2022.materials import model
from reprise.papers.dai2022.protocol import (
    Arrays,
    demonstrations,
    log_probs,
    sequences,
)
from reprise.results import Inputs


def search(inputs: Inputs) -> dict[str, np.ndarray]:
    """Answers of every seed in context and of every rate after finetuning with the chosen seed.

    ``icl.selection`` [seed, query, class]; ``ft.selection`` and ``ft.evaluation`` [rate, query,
    class]; ``zsl.selection`` [query, class]: log probabilities. ``seed_index``, ``rate_index``: the
    most accurate on the selection split, the first of equals; ``paper_rate_index``: on the
    evaluation queries, as the paper chooses. Params: ``task``, ``learning_rates``.
    """
    task = str(inputs.params["task"])
    prompts = inputs.datasets[f"prompts_{task}"]
    rates = np.asarray(inputs.params["learning_rates"], np.float32)
    module = model(inputs)
    candidates = prompts["label_tokens"]
    labels = prompts["selection_labels"]
    icl = np.stack([_in_context(module, prompts, seed) for seed in range(len(prompts["seeds"]))])
    seed = most_accurate(icl, labels)
    tuned = finetune_at_rates(module, *demonstrations(prompts, seed).sequences(), rates)
    ft_selection, ft_evaluation = (
        np.stack([log_probs(one, sequences(prompts, split, False), candidates) for one in tuned])
        for split in ("selection", "queries")
    )
    return {
        "seeds": prompts["seeds"],
        "learning_rates": rates,
        "selection_labels": labels,
        "labels": prompts["query_labels"],
        "zsl.selection": log_probs(module, sequences(prompts, "selection", False), candidates),
        "icl.selection": icl,
        "ft.selection": ft_selection,
        "ft.evaluation": ft_evaluation,
        "seed_index": np.array(seed),
        "rate_index": np.array(most_accurate(ft_selection, labels)),
        "paper_rate_index": np.array(most_accurate(ft_evaluation, prompts["query_labels"])),
    }


def most_accurate(
    scores: Float[np.ndarray, "choice query class"], labels: Int[np.ndarray, " query"]
) -> int:
    """The choice whose highest scores are most often the labels, the first of equals."""
    return int((scores.argmax(-1) == labels).mean(-1).argmax())


def _in_context(module: Network, prompts: Arrays, seed: int) -> np.ndarray:
    prefix = read_prefix(module, demonstrations(prompts, seed).context())
    queries = sequences(prompts, "selection", True)
    return log_probs(module, queries, prompts["label_tokens"], prefix)

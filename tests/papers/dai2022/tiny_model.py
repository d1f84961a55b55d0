"""A two-layer network and prompts of a made-up task, small enough to be asked everything."""

import jax
import jax.numpy as jnp
import numpy as np

from papers.dai2022.models.decoder import Network, build
from papers.dai2022.spec import Decoder

WORDS = 40
BOS, SEPARATOR = 0, 1
LABELS = (2, 3, 4)
SPEC = Decoder(
    name="decoder", layers=2, width=16, heads=4, kv_heads=2, hidden=24, context=256,
    vocabulary=WORDS, init_deviation=0.3,
)  # fmt: skip


class Vocabulary:
    """What a network asks of a task."""

    vocabulary = WORDS


def network(seed: int = 0) -> Network:
    """Random weights, large enough for answers to differ."""
    return build(SPEC, Vocabulary(), jax.random.key(seed), jnp.float32)


def prompts(seed: int = 0, queries: int = 7, seeds: int = 2, demos: int = 4) -> dict:
    """Arrays as ``prompts.make`` gives them, of random words."""
    rng = np.random.default_rng(seed)

    def texts(*shape: int, labelled: bool = False) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        lengths = rng.integers(2, 9, shape)
        labels = rng.integers(0, len(LABELS), shape)
        tokens = rng.integers(5, WORDS, (*shape, 10))
        if labelled:
            np.put_along_axis(tokens, lengths[..., None], np.take(LABELS, labels)[..., None], -1)
            lengths = lengths + 1
        tokens = np.where(np.arange(10) < lengths[..., None], tokens, 0)
        return tokens.astype(np.int32), lengths.astype(np.int32), labels.astype(np.int32)

    found = {"seeds": np.arange(1, seeds + 1), "label_tokens": np.array(LABELS)}
    found |= {"bos": np.array(BOS), "separator": np.array(SEPARATOR), "multiple": np.array(8)}
    named = {"queries": "query", "selection": "selection"}
    for split, one in named.items():
        tokens, lengths, labels = texts(queries)
        found |= {split: tokens, f"{one}_lengths": lengths, f"{one}_labels": labels}
    found["free"], found["free_lengths"], _ = texts(3)
    shown = texts(seeds, demos, labelled=True)
    names = ("demonstrations", "demonstration_lengths", "demonstration_labels")
    found |= dict(zip(names, shown, strict=True))
    found["unrelated"] = rng.integers(5, WORDS, 60).astype(np.int32)
    return found

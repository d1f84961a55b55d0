"""Read, record and finetune a decoder on prompts (Dai et al. 2022, sections 3.2 and 4).

Tokens are [sequence, token], padded on the right, and begin with the bos token unless a prefix came
before; the caller puts it there. A prefix is read once; its keys and values serve any number of
queries, whose positions run on after it. Arrays that are returned have their layer axis where their
docstring says, and names of axes are: query (sequence), t (token of the prefix), token (own token).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from papers.dai2022.models import decoder_passes as passes
from papers.dai2022.models import finetuning
from papers.dai2022.models.decoder import Network, parts
from papers.dai2022.models.decoder_attention import Past

TRAINED = ("key", "value", "key_bias", "value_bias")
"""Weights of layers that finetuning changes: the projections to keys and values."""
BLOCK = 128
"""Prefixes are padded to whole blocks, so that few shapes are compiled."""

Tokens = Int[np.ndarray, "sequence token"] | Int[Array, "sequence token"]
Texts = Tokens | Sequence[Int[np.ndarray, " _"]]
"""Texts that are read one by one."""
Rows = Int[np.ndarray, " sequence"] | Int[Array, " sequence"]
"""A whole number of every sequence."""
Line = Int[np.ndarray, " entry"] | Int[Array, " entry"]
Candidates = Int[np.ndarray, " candidate"] | Int[Array, " candidate"]
LogProbs = Float[np.ndarray, "query candidate"]


class Prefix(NamedTuple):
    """What a decoder keeps of the tokens that it has read."""

    keys: Float[Array, "layer padded kv channel"]
    """After rotation; padded to whole blocks, as values are."""
    values: Float[Array, "layer padded kv channel"]
    queries: Float[np.ndarray, "layer t features"]
    """Scaled, before rotation, all heads side by side."""

    @property
    def length(self) -> int:
        """Number of tokens."""
        return self.queries.shape[1]


class Recording(NamedTuple):
    """What a decoder does at two tokens of every query: 0, its last one (``ends``); 1, the next."""

    log_probs: LogProbs
    """Of the candidates after the last token, over the whole vocabulary."""
    hidden: Float[np.ndarray, "position layer query width"]
    """Attention's output after the output projection, before the residual sum."""
    own_scores: Float[np.ndarray, "position layer head query token"]
    """Scaled scores before the softmax to the query's tokens; 0 at tokens after the position."""
    demo_scores: Float[np.ndarray, "position layer query t"] | None
    """The same to the prefix's tokens, summed over heads; None without a prefix."""
    queries: Float[np.ndarray, "position layer query features"]
    """Scaled, before rotation, all heads side by side."""


class Finetuned(NamedTuple):
    """A decoder after one pass over demonstrations."""

    module: Network
    queries: list[Float[np.ndarray, "layer token features"]]
    """Of every demonstration's tokens just before its own step; empty where not recorded."""


def read_prefix(module: Network, tokens: Line) -> Prefix:
    """Keys, values and queries of ``tokens`` (bos first).

    Raises:
        ValueError: there are more tokens than the model's context.
    """
    _fits(module, len(tokens))
    padded = np.zeros(-(-len(tokens) // BLOCK) * BLOCK, np.int32)
    padded[: len(tokens)] = tokens
    keys, values, queries = passes.read(module.spec, *parts(module), jnp.asarray(padded))
    return Prefix(keys, values, np.asarray(queries)[:, : len(tokens)])


def record(
    module: Network,
    tokens: Tokens,
    ends: Rows,
    candidates: Candidates,
    prefix: Prefix | None = None,
) -> Recording:
    """What is answered after token ``ends`` of every query, and what layers do there and after it.

    Raises:
        ValueError: prefix and tokens are longer than the model's context, or an end or the token
            after it lies outside.
    """
    _check(module, tokens, ends, prefix)
    log_probs, kept = passes.record(
        module.spec, *parts(module), *_arrays(tokens, ends), _past(prefix)
    )
    hidden, own, demo, queries = kept
    return Recording(
        np.asarray(log_probs)[:, np.asarray(candidates)],
        np.asarray(hidden),
        np.asarray(own),
        None if prefix is None else np.asarray(demo)[..., : prefix.length],
        np.asarray(queries),
    )


def finetune(
    module: Network,
    tokens: Texts,
    lengths: Rows,
    rates: Sequence[float],
    *,
    layer_causal: bool = False,
    queries: bool = True,
) -> list[Finetuned]:
    """One network per rate: plain SGD on key and value projections, a step per demonstration.

    Steps are in the order of the demonstrations (section 3.2). ``tokens`` are padded, each
    demonstration as it likes: a step is compiled once per width and number of rates. The loss is
    the mean negative log-likelihood of all tokens after the first (bos); ``lengths`` counts bos.
    ``layer_causal``: every layer's output passes the final norm and the unembedding, the losses of
    layers are summed, and no gradient passes from a layer to the one before (Deutch et al. 2024). A
    negative rate ascends. ``queries``: record them.

    Raises:
        ValueError: a demonstration is longer than the context, or has no token after bos.
    """
    _check_demonstrations(module, tokens, lengths)
    copies = len(rates)
    start = trained(module)
    weights = {name: jnp.repeat(value[None], copies, axis=0) for name, value in start.items()}
    layers, seen = finetuning.descend(
        module.spec,
        *parts(module),
        weights,
        [np.asarray(row) for row in tokens],
        np.asarray(lengths),
        np.asarray(rates, np.float32),
        layer_causal,
        queries,
    )
    return [
        Finetuned(
            replaced(module, {name: jnp.stack([w[name][copy] for w in layers]) for name in start}),
            [each[copy] for each in seen],
        )
        for copy in range(copies)
    ]


def untuned(module: Network, tokens: Texts) -> Finetuned:
    """What ``finetune`` comes to with a learning rate of 0: ``module``, and the queries it has.

    Raises:
        ValueError: a demonstration is longer than the context.
    """
    width = max(map(len, tokens))
    _fits(module, width)
    # All at once, so that equal tokens have equal queries: ranks would tell the rounding apart.
    padded = np.stack([np.pad(np.asarray(row), (0, width - len(row))) for row in tokens])
    queries = passes.queries(module.spec, *parts(module), jnp.asarray(padded, jnp.int32))
    return Finetuned(module, list(np.asarray(queries)))


def trained(module: Network) -> dict[str, Array]:
    """Name -> array [layer, ...] of the weights that ``finetune`` changes."""
    layers = parts(module)[1]
    return {name: layers[name] for name in TRAINED if name in layers}


def replaced(module: Network, weights: Mapping[str, Array]) -> Network:
    """``module`` with these weights of its layers, all others shared."""
    outer, layers = parts(module)
    inner = {f"layers.{name}": value for name, value in (layers | dict(weights)).items()}
    return Network(module.spec, outer | inner)


def _check_demonstrations(module: Network, tokens: Texts, lengths: Rows) -> None:
    widths = np.array([len(row) for row in tokens])
    _fits(module, int(widths.max()))
    if np.min(lengths) < 2 or (np.asarray(lengths) > widths).any():
        raise ValueError(f"lengths must be 2 to {widths.max()}, got {np.asarray(lengths)}")


def _past(prefix: Prefix | None) -> Past | None:
    """The prefix, with its length for every layer."""
    if prefix is None:
        return None
    lengths = np.full(len(prefix.keys), prefix.length, np.int32)
    return Past(prefix.keys, prefix.values, jnp.asarray(lengths))


def _arrays(tokens: Tokens, other: Rows) -> tuple[Array, Array]:
    return jnp.asarray(tokens, jnp.int32), jnp.asarray(other, jnp.int32)


def _check(module: Network, tokens: Tokens, ends: Rows, prefix: Prefix | None) -> None:
    _fits(module, tokens.shape[1] + (0 if prefix is None else prefix.length))
    last = tokens.shape[1] - 2
    if np.min(ends) < 0 or np.max(ends) > last:
        raise ValueError(
            f"ends must be 0 to {last}, got {int(np.min(ends))} to {int(np.max(ends))}"
        )


def _fits(module: Network, count: int) -> None:
    if count > module.spec.context:
        raise ValueError(f"{count} tokens are more than the model's context={module.spec.context}")

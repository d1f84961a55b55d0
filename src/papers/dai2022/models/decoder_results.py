"""What passes over prompts take and give back, as ``decoding`` says; names of axes as there."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float, Int

from papers.dai2022.models.decoder import Network

Tokens = Int[np.ndarray, "sequence token"] | Int[Array, "sequence token"]
Rows = Int[np.ndarray, " sequence"] | Int[Array, " sequence"]
"""A whole number of every sequence."""
Line = Int[np.ndarray, " entry"] | Int[Array, " entry"]
Candidates = Int[np.ndarray, " candidate"] | Int[Array, " candidate"]
LogProbs = Float[np.ndarray, "query candidate"]


class Prefix(NamedTuple):
    """What a decoder keeps of the tokens that it has read, padding excluded."""

    keys: Float[Array, "layer t kv channel"]
    """After rotation."""
    values: Float[Array, "layer t kv channel"]
    queries: Float[np.ndarray, "layer t features"]
    """Scaled, before rotation, all heads side by side."""

    @property
    def length(self) -> int:
        """Number of tokens."""
        return len(self.keys[0])


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
    queries: Float[np.ndarray, "demo layer token features"]
    """Of every demonstration's tokens just before its own step; no layers where not asked for."""

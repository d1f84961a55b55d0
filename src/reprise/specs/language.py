"""Parameters of the synthetic language, and of the language models of von Oswald et al. 2023."""

from typing import Annotated, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from reprise.specs.base import Seed, Strict
from reprise.specs.errors import nearest_divisor
from reprise.specs.mesa import LayerKind


class BigramLanguage(Strict):
    """Documents of a random language whose successions have to be learned while they are read.

    Every document has a table of its own: token i is followed by j with probability table[i, j],
    and row i is drawn from a Dirichlet law with parameters ``strength * base[i]``. The base table
    is the same in all documents, its rows scattered around Zipf's law. This is the hierarchical
    Dirichlet language model (MacKay and Peto 1995), so that Bayes' rule is a count.
    """

    name: Literal["bigram_language"]
    words: Annotated[int, Field(ge=2)]
    """Tokens that documents are made of; one more, the separator, begins every document."""
    length: PositiveInt
    """Tokens of a document that are followed by a target."""
    strength: PositiveFloat = 2.0
    """Observations of a token's successor that the base table is worth: small values make the
    tables of documents sparse, large ones make them alike."""
    zipf: NonNegativeFloat = 1.0
    """The r-th word's weight in the base table is r^-zipf; 0 makes all alike."""
    base_strength: PositiveFloat = 8.0
    """Rows of the base table are drawn from a Dirichlet law with these weights, which sum to it."""
    base_seed: Seed = 0
    """Seed of the base table."""
    batch_size: PositiveInt
    test_size: PositiveInt = 256

    @property
    def vocabulary(self) -> int:
        """Number of tokens, the separator (the last one) among them."""
        return self.words + 1

    @property
    def early(self) -> tuple[int, int]:
        """First and last position, from 1, of the beginning that late positions are compared with.

        They lie around a tenth of the length (the 50th of 512 tokens in Olsson et al. 2022).
        """
        middle, reach = max(1, self.length // 10), self.length // 40
        return max(1, middle - reach), middle + reach

    @property
    def late(self) -> tuple[int, int]:
        """First and last position of the end; as many as of the beginning."""
        first, last = self.early
        return self.length - (last - first), self.length


class MesaLanguageModel(Strict):
    """A pre-norm transformer over tokens with linear, softmax or mesa attention (App. G, Table 4).

    Queries and keys of linear and mesa layers pass the feature map of Schlag et al. 2021 and have
    length 1. No biases.
    """

    name: Literal["mesa_language_model"]
    layers: Annotated[tuple[LayerKind, ...], Field(min_length=1, strict=False)]
    """The attention of each layer, the first one first; in deep models that is softmax."""
    width: PositiveInt
    heads: PositiveInt
    key_size: PositiveInt | None = None
    """Features of a head's queries, keys and values; None: ``width / heads``."""
    nu: NonNegativeInt = 0
    """Products per feature of the map DPFP: d numbers become 2 d nu; 0 leaves them as they are."""
    key_shift: bool = False
    """True: a token's key is that of the token before it (0 at the first), hard-coded: what the
    first layer of deep models has to learn."""
    mlp_ratio: NonNegativeInt = 0
    """Hidden features of the ReLU MLP after every attention over ``width``; 0: no MLP."""
    init_deviation: PositiveFloat = 0.02
    """Standard deviation of initial weights; over sqrt(2 layers) into the residual stream."""
    embedding_deviation: PositiveFloat = 0.02
    """Standard deviation of initial embeddings, to which sines and cosines are added."""
    initial_lambda: PositiveFloat = 1.0
    """Initial lambda of every head of a mesa layer, the inverse of its ridge; it stays positive."""

    @property
    def head_size(self) -> int:
        """``key_size`` or what it stands for."""
        return self.key_size or self.width // self.heads

    @model_validator(mode="after")
    def _heads_divide_width(self) -> "MesaLanguageModel":
        if self.key_size is None and self.width % self.heads:
            near = nearest_divisor(self.width, self.heads)
            raise ValueError(
                f"heads must divide width={self.width} where key_size is not set, "
                f"got {self.heads} (nearest: {near})"
            )
        return self

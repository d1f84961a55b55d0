"""Parameters of language modelling on packaged text, and of the decoder family.

Decoders are llama, fairseq's dense GPTs, and small models trained here (Dai et al. 2022).
"""

from typing import Annotated, Literal

from pydantic import Field, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from reprise.specs.base import Fraction, ModelParameters, TaskParameters
from reprise.specs.errors import check_heads, nearest_divisor


class TextLanguage(TaskParameters):
    """Prediction of the next token of English text that comes with the packages.

    Tokens are byte pairs learned on the training documents. A separator ends every document, and
    all documents follow one another; sequences are windows of that, wherever they begin.
    """

    name: Literal["text_language"]
    length: PositiveInt
    """Tokens of a window that are followed by a target."""
    batch_size: PositiveInt
    vocabulary: Annotated[int, Field(ge=257, le=32767)] = 2048
    """Number of tokens: the separator, 256 bytes and pairs of tokens."""
    test_size: PositiveInt = 64
    """Windows of the validation documents."""
    characters: PositiveInt | None = None
    """Characters of text to train on, and of text held out; None: all that there is."""


class Decoder(ModelParameters):
    """A pre-norm causal transformer over tokens, in the variants that Dai et al. 2022 need."""

    name: Literal["decoder"]
    layers: PositiveInt
    width: PositiveInt
    heads: PositiveInt
    """Query heads."""
    hidden: PositiveInt
    """Hidden features of a block's MLP."""
    kv_heads: PositiveInt | None = None
    """Key and value heads, each shared by ``heads / kv_heads`` query heads; None: as many."""
    head_size: PositiveInt | None = None
    """Features of a head; None: ``width / heads``."""
    vocabulary: PositiveInt | None = None
    """Number of tokens; None: the task's."""
    context: PositiveInt = 2048
    """Most tokens of a sequence."""
    norm: Literal["layer", "rms"] = "rms"
    norm_epsilon: PositiveFloat = 1e-5
    positions: Literal["rope", "sinusoid", "none"] = "rope"
    """``rope``: rotated pairs of adjacent features of queries and keys (as GGUF files store them);
    ``sinusoid``: added to embeddings, all sines before all cosines (fairseq); ``none``."""
    rope_base: PositiveFloat = 10000.0
    position_offset: NonNegativeInt = 0
    """Position of the first token (2 in fairseq's models)."""
    mlp: Literal["swiglu", "gelu"] = "swiglu"
    """``gelu`` is the exact one, with the error function."""
    biases: bool = False
    """True: maps have biases."""
    tied: bool = True
    """True: the embedding is also the unembedding."""
    embedding_scale: PositiveFloat = 1.0
    """Factor of embeddings where they enter (sqrt(width) in fairseq's models)."""
    momentum: Fraction | None = None
    """Decay eta of earlier values that are added to the attention's output (Dai et al. 2022,
    section 5); None: no such sum."""
    momentum_scale: Literal["plain", "matched"] = "plain"
    """``matched``: the sum times (1 - eta) / eta, so that its weights add up to 1 at most."""
    recency: Literal["none", "alibi", "convolution"] = "none"
    """Another preference for recent tokens: ``alibi``, scores that fall with distance (Press et al.
    2022), or a learned short causal ``convolution`` of each head's values."""
    convolution_width: PositiveInt = 4
    """Tokens before the current one that the convolution sees."""
    init_deviation: PositiveFloat = 0.02
    """Standard deviation of initial weights; over sqrt(2 layers) into the residual stream."""

    @property
    def key_heads(self) -> int:
        """``kv_heads`` or what it stands for."""
        return self.kv_heads or self.heads

    @property
    def size(self) -> int:
        """``head_size`` or what it stands for."""
        return self.head_size or self.width // self.heads

    @model_validator(mode="after")
    def _consistent(self) -> "Decoder":
        if self.head_size is None:
            check_heads(self.heads, self.width, " where head_size is not set")
        if self.heads % self.key_heads:
            near = nearest_divisor(self.heads, self.key_heads)
            raise ValueError(
                f"kv_heads must divide heads={self.heads}, got {self.kv_heads} (nearest: {near})"
            )
        if self.positions == "rope" and self.size % 2:
            raise ValueError(
                f"head_size must be even where positions are rotated, got {self.size} "
                f"(nearest: {self.size + 1})"
            )
        if self.positions == "sinusoid" and (self.width % 2 or self.width < 4):
            raise ValueError(
                "width must be even and at least 4 where positions are sines and cosines, "
                f"got {self.width} (nearest: {max(4, self.width + 1)})"
            )
        if self.momentum is None and self.momentum_scale != "plain":
            raise ValueError("momentum_scale needs momentum, a number between 0 and 1")
        return self


Task = TextLanguage
Model = Decoder

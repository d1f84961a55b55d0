"""Parameters of sequence tasks: random dynamical systems and few-shot regression in a stream.

Symbols of von Oswald et al. 2024 (arXiv 2309.05858v2): ``dims`` is n_h, ``observed`` n_s, the
number of tokens T; times count from 1, and the token at t is followed by the target s_{t+1}.
"""

from typing import Annotated, Literal

from pydantic import (
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveFloat,
    PositiveInt,
    model_validator,
)

from reprise.specs.base import ModelParameters, Seed, TaskParameters
from reprise.specs.errors import check_heads

SLOTS: dict[str, tuple[str, ...]] = {
    "plain": ("current",),
    "constructed": ("zero", "current", "current", "previous"),
    "constructed_one_layer": ("zero", "zero", "current", "previous"),
    "constructed_compact": ("zero", "current", "previous"),
}
"""Token kind -> what each slot of n_s numbers holds: 0, s_t, or s_{t-1} (0 at t = 1).

``constructed`` is what deep linear networks read (Fig. 9), with its first two slots zeroed for
networks of one layer; ``constructed_compact`` is the layout of Proposition 1.
"""

Tokens = Literal["plain", "constructed", "constructed_one_layer", "constructed_compact"]


class Sequences(TaskParameters):
    """What tasks on dynamical systems share: s_1, s_2, ... of a state h_1, h_2, ..."""

    dims: PositiveInt
    """Numbers of the state, n_h."""
    length: PositiveInt | None = None
    """Tokens of a sequence, T."""
    length_per_dim: PositiveInt | None = None
    """T over n_s, in place of ``length``: families of sizes keep it (4 in Figs 5 and 20)."""
    process_noise: NonNegativeFloat = 0.01
    """Standard deviation of the Gaussian noise on every number of the state, after each step."""
    tokens: Tokens = "plain"
    batch_size: PositiveInt
    test_size: PositiveInt = 256

    @property
    def target_dims(self) -> int:
        """Numbers of an observation, n_s, and of a prediction."""
        return self.dims

    @property
    def positions(self) -> int:
        """Tokens of a sequence, T; each has a target."""
        return self.length or (self.length_per_dim or 0) * self.target_dims

    @property
    def token_dims(self) -> int:
        """Numbers of a token."""
        return len(SLOTS[self.tokens]) * self.target_dims

    @model_validator(mode="after")
    def _length_fits(self) -> "Sequences":
        if (self.length is None) == (self.length_per_dim is None):
            raise ValueError("set exactly one of length and length_per_dim")
        if self.length is not None and self.length < self.target_dims:
            raise ValueError(
                f"length must be at least the {self.target_dims} numbers of an observation, "
                f"got {self.length} (nearest: {self.target_dims})"
            )
        return self


class LinearDynamics(Sequences):
    """h_{t+1} = W h_t + noise, s_t = C h_t + noise, with W (and C) fresh in every sequence."""

    name: Literal["linear_dynamics"]
    system: Literal["orthogonal", "contracting", "fixed"] = "orthogonal"
    """orthogonal: W Haar; contracting: real eigenvalues of [0.3, 0.9]; fixed: one Haar W."""
    teacher_seed: Seed | None = None
    """Seed of the W of a fixed system."""
    observed: PositiveInt | None = None
    """Numbers seen of the state, n_s, through a random C; None: the state itself."""
    observation_scale: PositiveFloat = 0.5
    """Standard deviation of the entries of C."""
    observation_noise: NonNegativeFloat = 0.0
    """Standard deviation of the Gaussian noise on every number of an observation."""
    initial: PositiveFloat = 1.0
    """The first state is uniform in [-initial, initial] in every number."""
    clip: PositiveFloat | None = None
    """States are clipped to [-clip, clip] at every step; None: they are not."""

    @property
    def target_dims(self) -> int:
        """Numbers of an observation, n_s, and of a prediction."""
        return self.observed or self.dims

    @model_validator(mode="after")
    def _system_fits(self) -> "LinearDynamics":
        if self.observed is not None and self.observed > self.dims:
            raise ValueError(
                f"observed must be at most dims={self.dims}, got {self.observed} "
                f"(nearest: {self.dims})"
            )
        if self.system == "contracting" and self.clip is None:
            raise ValueError(
                "clip must be set for contracting systems (the paper's: 2.0): a W of skew "
                "eigenvectors makes some sequences very large before they shrink"
            )
        if (self.system == "fixed") != (self.teacher_seed is not None):
            raise ValueError(
                f"teacher_seed belongs to system 'fixed' and only there, got {self.teacher_seed} "
                f"with system {self.system!r}"
            )
        return self


class NonlinearDynamics(Sequences):
    """h_{t+1} = W phi(h_t) / |phi(h_t)| + noise, s_t = h_t; phi a network that all sequences share.

    phi(x) = GELU(x A) B without biases; W is Haar, fresh in every sequence. The division is not in
    the paper's text, it is in the published program.
    """

    name: Literal["nonlinear_dynamics"]
    hidden: PositiveInt = 40
    weight_scale: PositiveFloat = 1.1
    """Standard deviation of the entries of A [dims, hidden] and B [hidden, dims]."""
    network_seed: Seed
    """Seed of A and B."""
    normalise: bool = True
    """False: the recursion as printed, without the division."""
    initial: PositiveFloat = 0.25
    """The first state is uniform in [-initial, initial] in every number."""


class FewShotRegression(TaskParameters):
    """Linear regression told as a stream x_1, y_1, x_2, y_2, ... of tokens, y_i = W x_i + noise.

    W is Haar in every block. The prediction of a y is read at its x (section on few-shot learning).
    """

    name: Literal["few_shot_regression"]
    dims: PositiveInt
    pairs: PositiveInt
    """Pairs (x, y) of a block."""
    second_pairs: PositiveInt | None = None
    """Pairs of a second block, of an independent W, after the first; None: there is none."""
    eos: bool = False
    """A separator token follows every y."""
    prefix: NonNegativeInt = 0
    """Prefix tokens before every block."""
    noise: NonNegativeFloat = 0.01
    """Standard deviation of the Gaussian noise on every number of a y."""
    initial: PositiveFloat = 1.0
    """Every number of an x is uniform in [-initial, initial]."""
    batch_size: PositiveInt
    test_size: PositiveInt = 256

    @property
    def blocks(self) -> tuple[int, ...]:
        """Pairs of every block."""
        return (self.pairs,) if self.second_pairs is None else (self.pairs, self.second_pairs)

    @property
    def target_dims(self) -> int:
        """Numbers of a prediction."""
        return self.dims

    @property
    def token_dims(self) -> int:
        """Numbers of a token."""
        return self.dims

    @property
    def positions(self) -> int:
        """Tokens of a sequence."""
        return sum(self.prefix + (3 if self.eos else 2) * pairs for pairs in self.blocks)


class BigramLanguage(TaskParameters):
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


LayerKind = Literal["linear", "softmax", "mesa"]


class MesaTransformer(ModelParameters):
    """A stack of linear, softmax or mesa attention layers, all of one size and without biases.

    The table's networks: LSA-d is d ``linear`` layers on constructed tokens, SM-d d ``softmax``
    layers, hybrid-mesa ``softmax, mesa``; full-mesa is ``mesa, mesa`` as described, and
    ``linear, mesa`` as released.
    """

    name: Literal["mesa_transformer"]
    layers: Annotated[tuple[LayerKind, ...], Field(min_length=1, strict=False)]
    """The attention of each layer, the first one first."""
    heads: PositiveInt
    key_size: PositiveInt | None = None
    """Features of a head's queries, keys and values, at most the width where there is one (as in
    the published programs); None: ``width / heads``."""
    width: PositiveInt | None = None
    """Features of the residual stream, with linear maps from the observations into it and from it
    to the predictions. None: tokens are the stream, and its first features the predictions."""
    positions: bool = False
    """True: sines and cosines of the position are concatenated to what the first layer's queries
    and keys are projected from."""
    normalized_keys: bool = False
    """True: queries and keys have length 1 in all layers but the first."""
    mlp: PositiveInt | None = None
    """Hidden features of a GELU MLP after every attention; None: no MLP."""
    layer_norm: bool = False
    """True: layer norms before every attention and MLP, and before predictions are read."""
    clip: PositiveFloat | None = None
    """The residual stream is cut to [-clip, clip] after every layer; None: it is not."""
    init_deviation: PositiveFloat = 0.05
    """Standard deviation of all initial weights, which are normal."""
    initial_lambda: PositiveFloat = 1.0
    """Initial lambda of every head of a mesa layer: the inverse of its ridge."""
    positive_lambda: bool = False
    """True: lambda is the exponential of the trained number; False: the number itself."""

    @model_validator(mode="after")
    def _key_size_is_known(self) -> "MesaTransformer":
        if self.key_size is not None:
            return self
        if self.width is None:
            raise ValueError("key_size must be set where width is not")
        check_heads(self.heads, self.width, " where key_size is not set")
        return self

    def check_task(self, task: TaskParameters) -> None:
        """Raise ValueError where tokens are words, not vectors."""
        if not hasattr(task, "token_dims"):
            raise ValueError(
                f"model {self.name!r} reads vectors, and task {task.name!r} has words "
                "(nearest: 'mesa_language_model')"
            )

    @property
    def at_once(self) -> int:
        """Sequences that a CPU takes at a time (measured at widths of 40)."""
        return 16 if set(self.layers) == {"softmax"} else 32

    @property
    def head_size(self) -> int:
        """``key_size`` cut to the width, or what it stands for."""
        if self.key_size is None:
            return (self.width or 0) // self.heads
        return self.key_size if self.width is None else min(self.key_size, self.width)


class PreconditionedStep(ModelParameters):
    """A gradient step preconditioned by a second-order iteration (Proposition 2, Eq. 9).

    Trained are two numbers per iteration only.
    """

    name: Literal["preconditioned_step"]
    iterations: PositiveInt
    """Iterations before the gradient step: a network of one more layer is explained by it."""
    ridge: NonNegativeFloat = 0.001
    """Added to the diagonal of the observations' second moments (1 / lambda of the paper)."""
    lag: NonNegativeInt = 0
    """Newest pairs (s_{t-1}, s_t), ... that are left out; 1 as released."""
    stacked: PositiveInt = 1
    """Observations that a regressor holds, the newest first (16 where the state is hidden)."""


class MesaLanguageModel(ModelParameters):
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
        if self.key_size is None:
            check_heads(self.heads, self.width, " where key_size is not set")
        return self


Task = Annotated[
    LinearDynamics | NonlinearDynamics | FewShotRegression | BigramLanguage,
    Field(discriminator="name"),
]
Model = Annotated[
    MesaTransformer | PreconditionedStep | MesaLanguageModel, Field(discriminator="name")
]

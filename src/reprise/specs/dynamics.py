"""Parameters of sequence tasks: random dynamical systems and few-shot regression in a stream.

Symbols of von Oswald et al. 2024 (arXiv 2309.05858v2): ``dims`` is n_h, ``observed`` n_s, the
number of tokens T; times count from 1, and the token at t is followed by the target s_{t+1}.
"""

from typing import Literal

from pydantic import NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt, model_validator

from reprise.specs.base import Seed, Strict

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


class Sequences(Strict):
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
    """orthogonal: W Haar; contracting: real eigenvalues of [.3, .9]; fixed: one Haar W for all."""
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


class FewShotRegression(Strict):
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

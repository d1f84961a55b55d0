"""Parameters of the tasks and networks of Pearce et al. 2023."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from reprise.specs.base import Fraction, ModelParameters, TaskParameters


class ModularAddition(TaskParameters):
    """Addition modulo ``modulus``, one class per residue (Pearce et al. 2023)."""

    name: Literal["modular_addition"]
    modulus: Annotated[int, Field(ge=2, le=512)]
    train_fraction: Fraction
    ordered: bool = False
    """True: all (a, b); False: only a <= b."""
    loss_scale: Literal["mean_over_classes", "sum"] = "mean_over_classes"
    """Cross-entropy averaged over examples and classes, or summed over examples."""


class Parity(TaskParameters):
    """Parity of the first ``relevant`` of ``digits`` random bits, plus a constant input of 1."""

    name: Literal["parity"]
    digits: Annotated[int, Field(ge=1, le=62)] = 30
    relevant: PositiveInt = 3
    train_size: PositiveInt | None
    """Number of fixed training sequences; None draws a fresh batch at every step."""
    batch_size: PositiveInt | None = None
    """Sequences drawn per step where ``train_size`` is None."""
    test_size: PositiveInt = 5000

    @model_validator(mode="after")
    def _consistent(self) -> "Parity":
        if self.relevant > self.digits:
            raise ValueError(f"relevant must be at most digits={self.digits}, got {self.relevant}")
        if (self.train_size is None) == (self.batch_size is None):
            raise ValueError(
                "set exactly one of train_size (fixed data) and batch_size (fresh data)"
            )
        return self


class ModularMLP(ModelParameters):
    """One hidden ReLU layer on two embedded numbers (Pearce et al. 2023, main network and F21)."""

    name: Literal["modular_mlp"]
    embed: PositiveInt
    hidden: PositiveInt
    tied_embed: bool = True
    """True: the embedding is also the unembedding; False: a separate unembedding."""
    tied_in_projection: bool = True
    """True: a and b pass through the same in-projection; False: one each."""
    collapsed_in: bool = False
    """True: the embedding row is the hidden vector, without in-projection."""
    collapsed_out: bool = False
    """True: no out-projection."""

    @model_validator(mode="after")
    def _consistent(self) -> "ModularMLP":
        if self.collapsed_in and self.embed != self.hidden:
            raise ValueError(
                f"collapsed_in needs embed equal to hidden={self.hidden}, got {self.embed}"
            )
        return self


class CircularMLP(ModelParameters):
    """The five-neuron network on a frozen circular embedding (Pearce et al. 2023, F10-F13)."""

    name: Literal["circular_mlp"]
    hidden: PositiveInt


class ParityMLP(ModelParameters):
    """One hidden ReLU layer and a single logit, no biases (Pearce et al. 2023, F4-F8)."""

    name: Literal["parity_mlp"]
    hidden: PositiveInt


Task = Annotated[ModularAddition | Parity, Field(discriminator="name")]
Model = Annotated[ModularMLP | CircularMLP | ParityMLP, Field(discriminator="name")]

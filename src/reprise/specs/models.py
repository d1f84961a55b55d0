"""Parameters of the models; each class is served by the module of its name in that room."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from reprise.specs.base import Strict
from reprise.specs.decoder import Decoder
from reprise.specs.language import MesaLanguageModel
from reprise.specs.mesa import MesaTransformer, PreconditionedStep
from reprise.specs.transformers import CausalTransformer, PFNEncoder


class ModularMLP(Strict):
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


class CircularMLP(Strict):
    """The five-neuron network on a frozen circular embedding (Pearce et al. 2023, F10-F13)."""

    name: Literal["circular_mlp"]
    hidden: PositiveInt


class ParityMLP(Strict):
    """One hidden ReLU layer and a single logit, no biases (Pearce et al. 2023, F4-F8)."""

    name: Literal["parity_mlp"]
    hidden: PositiveInt


ModelSpec = Annotated[
    ModularMLP
    | CircularMLP
    | ParityMLP
    | CausalTransformer
    | PFNEncoder
    | MesaTransformer
    | PreconditionedStep
    | MesaLanguageModel
    | Decoder,
    Field(discriminator="name"),
]

"""Parameters of the tasks; each class is served by the module of its name in that room."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt, model_validator

from reprise.specs.base import Fraction, Strict
from reprise.specs.dynamics import FewShotRegression, LinearDynamics, NonlinearDynamics
from reprise.specs.language import BigramLanguage
from reprise.specs.regression import FunctionMixture, PfnRegression
from reprise.specs.text_language import TextLanguage


class ModularAddition(Strict):
    """Addition modulo ``modulus``, one class per residue (Pearce et al. 2023)."""

    name: Literal["modular_addition"]
    modulus: Annotated[int, Field(ge=2, le=512)]
    train_fraction: Fraction
    ordered: bool = False
    """True: all (a, b); False: only a <= b."""
    loss_scale: Literal["mean_over_classes", "sum"] = "mean_over_classes"
    """Cross-entropy averaged over examples and classes, or summed over examples."""


class Parity(Strict):
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


TaskSpec = Annotated[
    ModularAddition
    | Parity
    | FunctionMixture
    | PfnRegression
    | LinearDynamics
    | NonlinearDynamics
    | FewShotRegression
    | BigramLanguage
    | TextLanguage,
    Field(discriminator="name"),
]

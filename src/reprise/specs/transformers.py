"""Parameters of the transformers."""

from typing import Literal

from pydantic import PositiveInt, model_validator

from reprise.specs.base import Strict
from reprise.specs.errors import nearest_divisor


class _Transformer(Strict):
    layers: PositiveInt
    heads: PositiveInt
    width: PositiveInt
    mlp_ratio: PositiveInt = 4
    """Hidden features of a block's MLP over ``width``."""
    initial: Literal["gpt2", "lecun"] = "gpt2"
    """Deviation of initial weights: 0.02, and 0.02 / sqrt(2 layers) into the residual stream
    (gpt2); or 1 / sqrt(inputs), which does not depend on the width having GPT-2's size (lecun)."""

    @model_validator(mode="after")
    def _heads_divide_width(self) -> "_Transformer":
        if self.width % self.heads:
            near = nearest_divisor(self.width, self.heads)
            raise ValueError(
                f"heads must divide width={self.width}, got {self.heads} (nearest: {near})"
            )
        return self


class CausalTransformer(_Transformer):
    """GPT-2 style decoder on x1, y1, x2, y2, ... (Garg et al. 2022; Yadlowsky et al. 2023)."""

    name: Literal["causal_transformer"]
    positions: PositiveInt | None = None
    """Learned positions; None: two per pair of the task. Shorter sequences use the first ones."""


class PFNEncoder(_Transformer):
    """Encoder whose queries attend to context points only (Müller et al. 2024)."""

    name: Literal["pfn_encoder"]

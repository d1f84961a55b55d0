"""The shape of ``config.yaml``: what a user chooses."""

from typing import Annotated, Any, Literal

from pydantic import Field, PositiveInt

from reprise.specs.base import Name, Strict
from reprise.specs.paper import Scale
from reprise.specs.runs import Profile


class Config(Strict):
    """Choices of a user; every default is here and only here."""

    scale: Scale = Field("cpu", description="Size of everything: smoke, cpu, night, gpu or paper.")
    papers: Annotated[list[Name], Field(min_length=1)] | Literal["all"] = Field(
        "all", description="Keys of the papers, or all."
    )
    seeds: PositiveInt | None = Field(
        None, description="Number of training seeds of every run; null keeps each paper's own."
    )
    numerics: Profile = Field(
        "exact",
        description="exact: each run's own dtype; f64: every run in float64; bf16: bfloat16 "
        "products, float32 else; fast: what the accelerator does fastest with float32.",
    )
    overrides: dict[str, Any] = Field(
        default_factory=dict,
        description="Any parameter by its path, "
        "e.g. pearce2023.runs.main.optimizer.weight_decay: 0.5",
    )

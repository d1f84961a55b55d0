"""Options that several commands have, and what they put on top of ``config.yaml``."""

from typing import Annotated, Any

import typer

Papers = Annotated[
    list[str] | None, typer.Option("--paper", "-p", help="Only this paper; repeat for several.")
]
Scale = Annotated[str | None, typer.Option("--scale", "-s", help="smoke, cpu, gpu or paper.")]
Cores = Annotated[int | None, typer.Option("--cores", "-c", min=1, help="Cores; default all.")]
Profile = Annotated[
    str | None,
    typer.Option(help="Where the jobs go: a folder of workflow/profiles, e.g. slurm, or a path."),
]
Tolerance = Annotated[
    float | None, typer.Option(help="Relative tolerance of numbers; default 1e-6.")
]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]


def overlay(papers: list[str] | None, scale: str | None) -> dict[str, Any]:
    """What the options put on top of ``config.yaml``."""
    chosen: dict[str, Any] = {}
    if papers:
        chosen["papers"] = [key for item in papers for key in item.replace(",", " ").split()]
    if scale:
        chosen["scale"] = scale
    return chosen

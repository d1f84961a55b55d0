"""Counting FLOPs before a plan is shown, with a bar where somebody is watching."""

import sys
from collections.abc import Sequence

from rich.console import Console
from rich.progress import Progress

from reprise.execution.costs import Costs
from reprise.graph.nodes import Node


def count_work(costs: Costs, nodes: Sequence[Node]) -> None:
    """Count what the trainings among ``nodes`` compute, as far as nothing is known of it."""
    jobs = costs.uncounted(nodes)
    if not jobs:
        return
    console = Console(stderr=True)
    counted = costs.counted
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        bar = progress.add_task(f"counting the FLOPs of {len(jobs)} trainings", total=len(jobs))
        counted.count(jobs, lambda done: progress.update(bar, completed=done))
    for digest, why in list(counted.failed.items())[:3]:
        paper = jobs[digest]["run"]["task"]["name"]
        console.print(f"Not counted, so guessed: a training on {paper}: {why}", markup=False)
    costs.counted_again()

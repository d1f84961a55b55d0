"""Repeat the beginning of recorded trainings, in processes of their own."""

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from reprise import surroundings
from reprise.graph.build import run_code
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.records.environment import environment
from reprise.specs.errors import ConfigError
from reprise.training import numerics
from reprise.training.devices import configure


@dataclass(frozen=True)
class Beginning:
    """The beginning of one training, as it comes out here and now."""

    id: str
    """Of the run."""
    seconds: float
    checkpoints: list[dict[str, Any]] = field(default_factory=list)
    """As in ``training.loop.Trained``."""
    code: dict[str, str] = field(default_factory=dict)
    environment: dict[str, Any] = field(default_factory=dict)
    device: dict[str, Any] = field(default_factory=dict)
    problem: str = ""
    """Why it could not be repeated."""


def repeat_all(nodes: Sequence[tuple[Node, int]], root: Path, workers: int) -> Iterator[Beginning]:
    """The beginnings of runs as they get done, ``workers`` at a time (see ``repeat``)."""
    # Not max_tasks_per_child: in Python 3.11 the pool hangs once its first processes have ended.
    environ = surroundings.of_jobs()
    pool = ProcessPoolExecutor(workers, get_context("spawn"), surroundings.enter, (environ,))
    try:
        jobs = {pool.submit(repeat, *node, root): node[0] for node in nodes}
        for done in as_completed(jobs):
            try:
                yield done.result()
            except BrokenProcessPool:
                yield Beginning(jobs[done].id, 0.0, problem="a process died; memory may be short")
    finally:
        pool.shutdown(cancel_futures=True)


def repeat(node: Node, updates: int, root: Path) -> Beginning:
    """The first ``updates`` of the run ``node``, by its settings and the code at hand."""
    started = time.perf_counter()
    try:
        result = _repeated(node, updates, Project(root))
    except Exception as error:  # The settings may be those of any release.
        result = {"problem": f"cannot be repeated here: {type(error).__name__}: {error}"}
    if "jax" in sys.modules:  # The next one has other programs: these only take memory.
        sys.modules["jax"].clear_caches()
    return Beginning(node.id, round(time.perf_counter() - started, 3), **result)


def _repeated(node: Node, updates: int, project: Project) -> dict[str, Any]:
    try:
        job = node.training_job
        code = run_code(job)
    except (ConfigError, LookupError, ValueError, TypeError) as error:
        why = " ".join(str(error).split())[:200]
        return {"problem": f"its settings are not of this version: {why}"}
    configure(project.cache, job.run.dtype, job.run.threads)
    device, _ = numerics.start(job.numerics)
    from reprise.training.loop import begin  # JAX takes a second to import

    made_with = environment(project.root, "run")
    checkpoints = begin(job, updates)
    return {"checkpoints": checkpoints, "code": code, "environment": made_with, "device": device}

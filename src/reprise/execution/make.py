"""Make one node: lock, check the code, produce, write the outputs, and last the record."""

import os
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reprise.execution import numerics
from reprise.execution.crew import ALONE, Crew, crew_of
from reprise.execution.device import prepare, require
from reprise.execution.loading import Parents
from reprise.execution.nodefile import read_node_file
from reprise.execution.outputs import MAKERS, Content
from reprise.graph.nodes import Node
from reprise.jobs.kept_verdicts import criteria_changes
from reprise.jobs.triggers import age_triggers
from reprise.project import Project
from reprise.provenance.locks import locked
from reprise.provenance.record import write_record
from reprise.provenance.state import own_state
from reprise.provenance.trees import Tree
from reprise.specs.errors import ConfigError
from reprise.storage.atomic import write_bytes


class CodeChanged(Exception):
    """The code on disk is no longer the code that was planned."""


@dataclass(frozen=True)
class _Job:
    """One node to be made, and where."""

    project: Project
    root: Path
    """The folder that the ``results/`` lies in which is read and written."""
    node: Node
    parents: list[Node]
    file: Path
    echo: Callable[[str], None]
    crew: Crew


def make(
    project: Project,
    file: Path,
    echo: Callable[[str], None] = print,
    record: Path | None = None,
) -> Node:
    """Make the node that ``file`` describes, unless another process just did.

    Its record is written last. ``record`` is where, if not in the project's own tree: outputs and
    parents then lie around it as they would lie around it there. Several processes make a run
    together, each with its part of the members: the first one locks and writes, the others end as
    it does.

    Raises:
        ConfigError, DamagedFile, OSError, Interrupted, CodeChanged, what the node's code raises.
    """
    node, parents = read_node_file(file)
    crew = crew_of() if node.kind == "run" else ALONE
    job = _Job(project, results_root(project, node, record), node, parents, file, echo, crew)
    if crew.leads:
        _make(job)
    else:
        _check_code(node)
        _produce(job)
        crew.listen()
    return node


def _make(job: _Job) -> None:
    project, root, node = job.project, job.root, job.node
    lock = project.cache / "locks" / f"{node.fingerprint}.lock"
    # The others of a crew do not wait as long as another maker may take.
    with locked(lock, wait=job.crew.alone) as waited:
        if waited and _made_meanwhile(root, node, job.parents):
            age_triggers(project, node)
            return
        started = time.perf_counter()
        read = (root / path for p in job.parents for path in (*p.outputs, p.record))
        _settle_dates([job.file, *read])
        _check_code(node)
        content, inputs, execution = _produce(job)
        with job.crew.telling():
            _check_code(node)
            for path in (*node.outputs, node.record):
                (root / path).unlink(missing_ok=True)
            for path in node.outputs:
                write_bytes(root / path, _content_of(path, content))
            execution |= {
                "wall_s": round(time.perf_counter() - started, 3),
                "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
            write_record(project.root, node, inputs, execution, root)
            _clear(project, node)


def results_root(project: Project, node: Node, record: Path | None) -> Path:
    """The folder that ``results/`` lies in, where the record of ``node`` is to be at ``record``.

    Raises:
        ConfigError: ``record`` is no place of this node's record.
    """
    if record is None:
        return project.root
    whole, place = record.absolute().parts, Path(node.record).parts
    if whole[-len(place) :] != place:
        raise ConfigError(
            f"{record}: the record of {node.id} is {node.record}; were code or parameters changed "
            "after the plan was made?"
        )
    return Path(*whole[: -len(place)])


def _produce(job: _Job) -> tuple[Content, dict[str, Any], dict[str, Any]]:
    if job.node.kind == "run":
        from reprise.execution.training import run

        content, execution = run(job.node, job.project, job.echo, job.crew)
        return content, {}, execution
    prepare(job.project.cache)
    execution = criteria_changes(job.project, job.node) | _arithmetic(job.node)
    loaded = Parents(job.root, job.node, job.parents)
    return MAKERS[job.node.kind](job.node, loaded), loaded.digests(), execution


def _arithmetic(node: Node) -> dict[str, Any]:
    """Choose how ``node``, which is no run, computes; what the record says of it."""
    profile = node.spec.get("numerics")
    if node.kind != "dataset" or profile is None:
        numerics.measure_exactly()
        return {}
    numerics.before_start(profile)
    device = require()
    return {"device": device, "numerics": numerics.apply(profile, device)}


def _made_meanwhile(root: Path, node: Node, parents: list[Node]) -> bool:
    """Whether the process that held the lock has made ``node`` from what its parents are now."""
    state, record = own_state(node, Tree.own(root, node.scale))
    if record is None or not state.valid:
        return False
    return node.kind == "run" or record.inputs == Parents(root, node, parents).digests()


def _settle_dates(files: list[Path]) -> None:
    """Take back dates in the future: the scheduler refuses outputs older than their inputs."""
    now = time.time()
    for path in files:
        with suppress(OSError):
            if path.stat().st_mtime > now:
                os.utime(path)


def _check_code(node: Node) -> None:
    from reprise.provenance.closure import definition_digests

    now = definition_digests(node.code)
    changed = [name for name, digest in node.code.items() if now.get(name) != digest]
    if changed:
        raise CodeChanged(
            f"{changed[0]} was edited after the plan was made; run the same command again"
        )


def _content_of(path: str, content: Content) -> bytes:
    return next(data for ending, data in content.items() if path.endswith(ending))


def _clear(project: Project, node: Node) -> None:
    age_triggers(project, node)
    if node.kind == "run":
        from reprise.execution.states import clear_states
        from reprise.training.telemetry import progress_file

        clear_states(project, node.fingerprint)
        progress_file(project, node.fingerprint).unlink(missing_ok=True)

"""Make one node: lock, check the code, produce, write the outputs, and last the record."""

import os
import resource
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from reprise.execution import numerics
from reprise.execution.device import prepare, require
from reprise.execution.judged import noted
from reprise.execution.loading import Parents
from reprise.execution.nodefile import read_node_file
from reprise.execution.outputs import MAKERS, Content
from reprise.execution.tokens import drop_tokens
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.provenance.locks import locked
from reprise.provenance.record import write_record
from reprise.provenance.state import own_state
from reprise.provenance.trees import Tree
from reprise.storage.atomic import write_bytes


class CodeChanged(Exception):
    """The code on disk is no longer the code that was planned."""


def make(project: Project, file: Path, echo: Callable[[str], None] = print) -> Node:
    """Make the node that ``file`` describes, unless another process just did.

    Its record is written last.

    Raises:
        ConfigError, DamagedFile, OSError, Interrupted, CodeChanged, what the node's code raises.
    """
    node, parents = read_node_file(file)
    with locked(project.cache / "locks" / f"{node.fingerprint}.lock") as waited:
        if waited and _made_meanwhile(project, node, parents):
            drop_tokens(project, node)
            return node
        started = time.perf_counter()
        _settle_dates(
            [file, *(project.path(path) for p in parents for path in (*p.outputs, p.record))]
        )
        _check_code(node)
        content, inputs, execution = _produce(project, node, parents, echo)
        _check_code(node)
        for path in (*node.outputs, node.record):
            project.path(path).unlink(missing_ok=True)
        for path in node.outputs:
            write_bytes(project.path(path), _content_of(path, content))
        execution |= {
            "wall_s": round(time.perf_counter() - started, 3),
            "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
        write_record(project.root, node, inputs, execution)
        _clear(project, node)
    return node


def _produce(
    project: Project, node: Node, parents: list[Node], echo: Callable[[str], None]
) -> tuple[Content, dict[str, Any], dict[str, Any]]:
    if node.kind == "run":
        from reprise.execution.training import run

        content, execution = run(node, project, echo)
        return content, {}, execution
    prepare(project.cache)
    execution = noted(project, node) | _arithmetic(node)
    loaded = Parents(project.root, node, parents)
    return MAKERS[node.kind](node, loaded), loaded.digests(), execution


def _arithmetic(node: Node) -> dict[str, Any]:
    """Choose how ``node``, which is no run, computes; what the record says of it."""
    profile = node.spec.get("numerics")
    if node.kind != "dataset" or profile is None:
        numerics.measure_exactly()
        return {}
    numerics.before_start(profile)
    device = require()
    return {"device": device, "numerics": numerics.apply(profile, device)}


def _made_meanwhile(project: Project, node: Node, parents: list[Node]) -> bool:
    """Whether the process that held the lock has made ``node`` from what its parents are now."""
    state, record = own_state(node, Tree.own(project.root, node.scale))
    if record is None or not state.valid:
        return False
    return node.kind == "run" or record.inputs == Parents(project.root, node, parents).digests()


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
    drop_tokens(project, node)
    if node.kind == "run":
        from reprise.execution.telemetry import progress_file
        from reprise.storage.resume import ResumeStore

        ResumeStore(project.cache / "resume" / node.fingerprint, node.fingerprint).clear()
        progress_file(project, node.fingerprint).unlink(missing_ok=True)

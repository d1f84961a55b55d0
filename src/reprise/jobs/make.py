"""Make one node: lock, check the code, produce the content, write it, and last the record.

Content is made from parents that are checked against their records; ``train`` makes that of a run.
``main`` is ``reprise make NODE_FILE [RECORD]``, which the rules call; a person can, too.
"""

import hashlib
import importlib
import io
import logging
import os
import resource
import sys
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reprise.graph.closure import REFERENCES, definition_digests
from reprise.graph.nodes import Node, full_entry, ranges
from reprise.jobs.job_files import age_triggers, criteria_changes, read_node_file
from reprise.jobs.leases import Interrupted
from reprise.project import Project, find_project
from reprise.records.record import Record, read_record, write_record
from reprise.records.state import own_state
from reprise.records.tree import Tree
from reprise.results import Inputs, JobResult, RunResult, csv_bytes, join_jobs, parse_csv
from reprise.specs.claims import Claims
from reprise.specs.errors import WRONG_INPUT, ConfigError, suggest, validate
from reprise.specs.load import OTHER_ROUNDING, papers_folder
from reprise.storage.atomic import locked, write_bytes
from reprise.storage.tensors import DamagedFile, encode, read_tensors
from reprise.training import numerics
from reprise.training.devices import prepare
from reprise.training.progress import listening, phase
from reprise.training.resume import resume_store
from reprise.training.telemetry import Stopwatch, Telemetry, age_s, progress_file

Content = dict[str, bytes]
"""File name ending -> bytes."""


class Parents:
    """Finished nodes of a tree, loaded on demand; DamagedFile: one was made from other settings."""

    def __init__(self, tree: Tree, parents: Sequence[Node]) -> None:
        self.tree = tree
        self.nodes = parents
        self.records: dict[str, Record] = {}
        for parent in parents:
            self.records[parent.id] = read_record(tree.inside(tree.path(parent.record)))
            if self.records[parent.id].fingerprint != parent.fingerprint:
                raise DamagedFile(
                    f"{parent.record}: {parent.id} is not the one that was planned; "
                    "run the same command again"
                )

    def digests(self, node: Node) -> dict[str, dict[str, Any]]:
        """For the record of ``node``: per input, its fingerprint and the digests of its outputs."""
        return {
            name: {"fingerprint": record.fingerprint, "outputs": record.outputs}
            for name, record in self.records.items()
            if name in node.inputs
        }

    def csv(self, node: Node, ending: str = ".csv") -> pd.DataFrame:
        """The data frame of a table or of a run's metrics; raises DamagedFile."""
        return parse_csv(io.BytesIO(self.bytes(node, ending)))

    def tensors(self, node: Node, name: str) -> dict[str, np.ndarray]:
        """The arrays of one safetensors output; raises DamagedFile."""
        path = self.tree.inside(self.tree.path(node.output(name)))
        return read_tensors(path, self.records[node.id].outputs[path.name])[0]

    def bytes(self, node: Node, ending: str) -> bytes:
        """The content of one output; raises DamagedFile."""
        path = self.tree.inside(self.tree.path(node.output(ending)))
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != self.records[node.id].outputs[path.name]:
            raise DamagedFile(f"{path} differs from its record")
        return data

    def tables(self) -> dict[str, pd.DataFrame]:
        """All parents that are tables, by name."""
        with phase("read"):
            return {node.name: self.csv(node) for node in self.nodes if node.kind == "table"}


def load_inputs(node: Node, parents: Parents) -> Inputs:
    """Everything that the table ``node`` reads."""
    datasets = [p for p in parents.nodes if p.kind == "dataset"]
    folder = papers_folder() / node.paper / "reference"
    references = [folder / name for name in node.spec.get("reference", [])]
    with phase("read"):
        return Inputs(
            runs={name: load_run(name, parents) for name in node.spec.get("runs", [])},
            datasets={p.name: parents.tensors(p, "data.safetensors") for p in datasets},
            tables=parents.tables(),
            reference={path.stem: parse_csv(io.BytesIO(path.read_bytes())) for path in references},
            params=node.spec.get("params", {}),
        )


def load_run(name: str, parents: Parents) -> RunResult:
    """The run ``name``, its jobs joined; raises DamagedFile, OSError."""
    jobs = []
    for node in parents.nodes:
        if node.kind == "run" and node.name.rpartition("/")[0] == name:
            views = parents.tensors(node, "views.safetensors")
            job = JobResult(
                job=node.training_job,
                failed_at_step=np.asarray(parents.records[node.id].execution["failed_at_step"]),
                metrics=parents.csv(node, "metrics.csv"),
                params=parents.tensors(node, "params.safetensors"),
                snapshot_steps=views.pop("steps"),
                views=views,
            )
            jobs.append(job)
    return join_jobs(jobs)


def dataset(node: Node, parents: Parents) -> Content:
    """Arrays of ``entry(params, seed)``, or of ``entry(inputs)`` where it reads other datasets."""
    if node.spec.get("datasets"):
        arrays = _entry(node)(load_inputs(node, parents))
    else:
        params = node.spec.get("params", {}) | node.spec.get("sources", {})
        arrays = _entry(node)(params, node.spec["seed"])
    return {"data.safetensors": encode(arrays, {"node": node.id})}


def table(node: Node, parents: Parents) -> Content:
    """The data frame of ``entry(inputs)``; ValueError: a column with a tolerance is not there."""
    frame = _entry(node)(load_inputs(node, parents))
    for column in node.about.get("tolerance", {}):
        if column not in frame.columns:
            near = suggest(column, frame.columns)
            raise ValueError(f"tables.{node.name}.tolerance: there is no column {column!r}{near}")
    return {".csv": csv_bytes(frame)}


def figure(node: Node, parents: Parents) -> Content:
    """SVG and PNG of ``entry(tables)``, with the theme and the footer."""
    with phase("import"):
        from reprise.plotting import theme
        from reprise.plotting.render import render

    tables = parents.tables()
    with theme.apply():
        picture = _entry(node)(tables)
    footer = " · ".join([node.spec["footer"], *shown_seeds(tables)])
    return {f".{name}": data for name, data in render(picture, footer).items()}


def shown_seeds(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Which seeds are the examples that a figure shows, in words; nothing where none is chosen.

    They are marked in the tables: columns ``seed`` and ``shown`` (true or false).
    """
    marked = [table for table in tables.values() if {"seed", "shown"} <= set(table.columns)]
    seeds = {int(s) for table in marked for s in table["seed"][table["shown"] == 1].dropna()}
    if not seeds:
        return []
    return [f"example{'s' if len(seeds) > 1 else ''}: seed {ranges(sorted(seeds))}"]


def verdict(node: Node, parents: Parents) -> Content:
    """The paper's claims, judged."""
    with phase("import"):
        from reprise.stats.verdicts import judge

    claims = validate(Claims, node.spec, node.id)
    rows = judge(claims, parents.tables(), node.paper, node.scale, other_rounding(node.paper))
    return {".csv": csv_bytes(rows)}


def other_rounding(paper: str) -> pd.DataFrame | None:
    """The verdicts of trees with other rounding, as of the last release; None if there is none."""
    path = papers_folder() / paper / OTHER_ROUNDING
    return parse_csv(io.BytesIO(path.read_bytes())) if path.is_file() else None


def report(node: Node, parents: Parents) -> Content:
    """The pages of the report, and the verdicts of all papers in one table."""
    verdicts = [parents.csv(parent) for parent in parents.nodes if parent.kind == "verdict"]
    files = _function("reprise.report.html:report")(node, parents)
    files["verdicts.csv"] = csv_bytes(pd.concat(verdicts, ignore_index=True))
    # The whole names, as one may end as another does.
    return {f"/{name}": data for name, data in files.items()}


MAKERS: dict[str, Callable[[Node, Parents], Content]] = {
    "dataset": dataset,
    "table": table,
    "figure": figure,
    "verdict": verdict,
    "report": report,
}


def _entry(node: Node) -> Callable[..., Any]:
    return _function(full_entry(node.paper, node.spec["entry"]))


def _function(entry: str) -> Callable[..., Any]:
    """``module:function``, imported where it is needed: by nodes of one kind, of one paper."""
    module, _, name = entry.partition(":")
    with phase("import"):
        function: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return function


class CodeChanged(Exception):
    """The code on disk is no longer the code that was planned."""


_SELF_EXPLAINING = (CodeChanged, DamagedFile, FloatingPointError, OSError)
"""Failures whose message says all; others are faults of ours and come with a traceback."""


@dataclass(frozen=True)
class _Job:
    """One node to be made, and where."""

    project: Project
    root: Path
    """The folder that the ``results/`` lies in which is read and written."""
    node: Node
    parents: list[Node]

    @property
    def tree(self) -> Tree:
        """The results that are read and written."""
        return Tree.own(self.root, self.node.scale)


def make(
    project: Project,
    file: Path,
    echo: Callable[[str], None] = print,
    record: Path | None = None,
    watch: Stopwatch | None = None,
) -> Node:
    """Make the node that ``file`` describes, unless another process just did.

    ``record`` is where its record is to be, if not in the project's own tree: outputs and parents
    lie around it. ``watch`` runs since the job began, if that was earlier than now. Raises
    ConfigError, DamagedFile, OSError, Interrupted, CodeChanged, and what the node's code raises.
    """
    watch = watch or Stopwatch()
    node, parents = read_node_file(file)
    job = _Job(project, results_root(project, node, record), node, parents)
    before = watch.switch("wait")
    with locked(project.cache / "locks" / f"{node.fingerprint}.lock") as waited:
        if waited and _made_meanwhile(job):
            age_triggers(project, node)
            return node
        watch.switch(before)
        path = progress_file(project, node.id, node.fingerprint)
        telemetry = Telemetry(path, node.id, watch, echo)
        try:
            with listening(telemetry):
                _make(job, file, telemetry)
        finally:
            telemetry.close()
    return node


def _make(job: _Job, file: Path, telemetry: Telemetry) -> None:
    project, node = job.project, job.node
    with phase("read"):
        read = (job.root / path for p in job.parents for path in (*p.outputs, p.record))
        _settle_dates([file, *read])
        _check_code(node)
    content, inputs, execution = _produce(job, telemetry)
    with phase("read"):
        _check_code(node)
    with phase("write"):
        # Until the record follows, nothing looks finished.
        for path in (*node.outputs, node.record):
            (job.root / path).unlink(missing_ok=True)
        for path in node.outputs:
            data = next(data for ending, data in content.items() if path.endswith(ending))
            write_bytes(job.root / path, data)
        spent = partial(_spent, telemetry.watch)
        write_record(project.root, node, inputs, execution, job.root, spent)
        age_triggers(project, node)
        if node.kind == "run":
            resume_store(project, node.fingerprint).clear()


def _spent(watch: Stopwatch) -> dict[str, Any]:
    """What the record says of time and memory."""
    phases = {name: round(seconds, 3) for name, seconds in watch.split().items()}
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "wall_s": round(sum(phases.values()), 3),
        "cpu_s": round(time.process_time(), 3),
        "phases_s": phases,
        "ended": datetime.now(UTC).isoformat(timespec="milliseconds"),
        "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
    }


def results_root(project: Project, node: Node, record: Path | None) -> Path:
    """The folder of ``results/``, where the record is to be ``record``; ConfigError: it cannot."""
    if record is None:
        return project.root
    whole, place = record.absolute().parts, Path(node.record).parts
    if whole[-len(place) :] != place:
        raise ConfigError(
            f"{record}: the record of {node.id} is {node.record}; were code or parameters changed "
            "after the plan was made?"
        )
    return Path(*whole[: -len(place)])


def _produce(job: _Job, telemetry: Telemetry) -> tuple[Content, dict[str, Any], dict[str, Any]]:
    """The content of the outputs, the digests of what was read, and what the record says."""
    if job.node.kind == "run":
        with phase("import"):
            from reprise.jobs.train import run  # JAX takes a second to import
        content, execution = run(job.node, job.project, telemetry.report)
        return content, {}, execution
    prepare(job.project.cache)
    with phase("import"):
        execution = _arithmetic(job.node)
    with phase("read"):
        execution |= criteria_changes(job.project, job.node)
        loaded = Parents(job.tree, job.parents)
    with phase("evaluate"):
        content = MAKERS[job.node.kind](job.node, loaded)
    return content, loaded.digests(job.node), execution


def _arithmetic(node: Node) -> dict[str, Any]:
    """Choose how ``node``, which is no run, computes; what the record says of it."""
    profile = node.spec.get("numerics")
    if node.kind != "dataset" or profile is None:
        numerics.measure_exactly()
        return {}
    device, arithmetic = numerics.start(profile)
    return {"device": device, "numerics": arithmetic}


def _made_meanwhile(job: _Job) -> bool:
    """Whether the process that held the lock has made the node from what its parents are now."""
    state, record = own_state(job.node, job.tree)
    if record is None or not state.valid:
        return False
    return job.node.kind == "run" or (
        record.inputs == Parents(job.tree, job.parents).digests(job.node)
    )


def _settle_dates(files: list[Path]) -> None:
    """Take back dates in the future: the scheduler refuses outputs older than their inputs."""
    now = time.time()
    for path in files:
        with suppress(OSError):
            if path.stat().st_mtime > now:
                os.utime(path)


def _check_code(node: Node) -> None:
    code = {name: digest for name, digest in node.code.items() if name != REFERENCES}
    now = definition_digests(code)
    changed = [name for name, digest in code.items() if now.get(name) != digest]
    if changed:
        raise CodeChanged(
            f"{changed[0]} was edited after the plan was made; run the same command again"
        )


def main(arguments: list[str], client: int | None = None) -> int:
    """Exit code of ``reprise make``; the time of ``client``, a process that asked, counts, too."""
    watch = Stopwatch(age_s(client or os.getpid()))
    logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("reprise").setLevel(logging.INFO)
    if len(arguments) not in (1, 2) or arguments[0].startswith("-"):
        print(
            "usage: reprise make NODE_FILE [RECORD]  (one of .reprise/nodes, which 'reprise plan' "
            "writes; the place of the record, if not in results/)",
            file=sys.stderr,
        )
        return 2
    try:
        project = find_project()
        os.environ.setdefault("MPLCONFIGDIR", str(project.cache / "libraries" / "matplotlib"))
        place = Path(arguments[1]) if len(arguments) > 1 else None
        node = make(project, Path(arguments[0]), partial(print, flush=True), place, watch)
    except ConfigError as error:
        print(f"{WRONG_INPUT}{error}", file=sys.stderr)
        return 2
    except Interrupted as error:
        print(error, file=sys.stderr)
        return 128 + error.number
    except Exception as error:
        if isinstance(error, _SELF_EXPLAINING):
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        else:
            traceback.print_exc()
        return 1
    print(f"made {node.id}")
    return 0

"""Make the content of each kind of node from its parents, which are checked against their records.

Content is file name ending -> bytes. A run has no parents; ``train`` makes it.
"""

import hashlib
import importlib
import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from reprise.graph.nodes import Node, full_entry, ranges
from reprise.records.record import Record, read_record
from reprise.records.tree import Tree
from reprise.results import Inputs, JobResult, RunResult, csv_bytes, join_jobs, parse_csv
from reprise.specs.claims import Claims
from reprise.specs.errors import suggest, validate
from reprise.specs.load import OTHER_ROUNDING, papers_folder
from reprise.storage.tensors import DamagedFile, encode, read_tensors
from reprise.training.progress import phase

Content = dict[str, bytes]


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
    """The verdicts of a tree with other rounding, as of the last release; None if there is none."""
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

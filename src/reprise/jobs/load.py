"""Read what a node is made from; every file is checked against its record first."""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from reprise.graph.nodes import Node
from reprise.records.record import Record, read_record
from reprise.results import Inputs, JobResult, RunResult, join_jobs
from reprise.specs.load import papers_folder
from reprise.storage.frames import parse_csv
from reprise.storage.tensors import DamagedFile, read_tensors


class Parents:
    """The parents of a node, loaded on demand, and what was read of each.

    Raises DamagedFile where a parent was made from other settings than planned.
    """

    def __init__(self, root: Path, node: Node, parents: list[Node]) -> None:
        self.root = root
        self.inputs = node.inputs
        self.nodes = parents
        self.records: dict[str, Record] = {p.id: read_record(root / p.record) for p in parents}
        for parent in parents:
            if self.records[parent.id].fingerprint != parent.fingerprint:
                raise DamagedFile(
                    f"{parent.record}: {parent.id} is not the one that was planned; "
                    "run the same command again"
                )

    def digests(self) -> dict[str, dict[str, Any]]:
        """For the record: per parent, its fingerprint and the digests of its outputs."""
        return {
            name: {"fingerprint": record.fingerprint, "outputs": record.outputs}
            for name, record in self.records.items()
            if name in self.inputs
        }

    def csv(self, node: Node, ending: str = ".csv") -> pd.DataFrame:
        """The data frame of a table or of a run's metrics; raises DamagedFile."""
        return parse_csv(io.BytesIO(self.bytes(node, ending)))

    def tensors(self, node: Node, name: str) -> dict[str, np.ndarray]:
        """The arrays of one safetensors output; raises DamagedFile."""
        path = self._path(node, name)
        return read_tensors(path, self.records[node.id].outputs[path.name])[0]

    def bytes(self, node: Node, ending: str) -> bytes:
        """The content of one output; raises DamagedFile."""
        path = self._path(node, ending)
        data = path.read_bytes()
        if hashlib.sha256(data).hexdigest() != self.records[node.id].outputs[path.name]:
            raise DamagedFile(f"{path} differs from its record")
        return data

    def tables(self) -> dict[str, pd.DataFrame]:
        """All parents that are tables, by name."""
        return {node.name: self.csv(node) for node in self.nodes if node.kind == "table"}

    def _path(self, node: Node, ending: str) -> Path:
        return self.root / next(path for path in node.outputs if path.endswith(ending))


def load_inputs(node: Node, parents: Parents) -> Inputs:
    """Everything that the table ``node`` reads."""
    run_names = node.spec.get("runs", [])
    datasets = [p for p in parents.nodes if p.kind == "dataset"]
    references = (
        papers_folder() / node.paper / "reference" / f for f in node.spec.get("reference", [])
    )
    return Inputs(
        runs={name: _run(name, parents) for name in run_names},
        datasets={p.name: parents.tensors(p, "data.safetensors") for p in datasets},
        tables=parents.tables(),
        reference={path.stem: parse_csv(io.BytesIO(path.read_bytes())) for path in references},
        params=node.spec.get("params", {}),
    )


def _run(name: str, parents: Parents) -> RunResult:
    nodes = [p for p in parents.nodes if p.kind == "run" and p.name.rpartition("/")[0] == name]
    return join_jobs([_job(node, parents) for node in nodes])


def _job(node: Node, parents: Parents) -> JobResult:
    views: Mapping[str, np.ndarray] = parents.tensors(node, "views.safetensors")
    execution = parents.records[node.id].execution
    return JobResult(
        job=node.training_job,
        failed_at_step=np.asarray(execution["failed_at_step"]),
        metrics=parents.csv(node, "metrics.csv"),
        params=parents.tensors(node, "params.safetensors"),
        views={k: v for k, v in views.items() if k != "steps"},
        snapshot_steps=views["steps"],
    )

"""Results as data: ``reprise.open("results/cpu")`` and what it gives.

A tree is read by its own records, whatever made it, and every file is checked against its digest.
"""

import importlib
import io
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from reprise.audit.verify import recorded_node
from reprise.graph.closure import definition_digests
from reprise.graph.nodes import Node, ranges
from reprise.jobs.make import Parents, load_run
from reprise.project import find_project
from reprise.records.tree import Entry, Inventory, no_tree, take_inventory
from reprise.results import (
    JobResult,
    RunResult,
    finished,
    join_jobs,
    member_spec,
    parse_csv,
    snapshot,
)
from reprise.specs.errors import ConfigError, few, suggest
from reprise.specs.load import Config, load_columns, load_paper
from reprise.specs.paper import Dictionary
from reprise.specs.runs import RunSpec

if TYPE_CHECKING:
    from flax import nnx

_SHOWN = 3
"""Faults that a warning names."""


def open_results(folder: str | Path) -> "Results":
    """The result tree ``folder``: a path from here, or from the root of the project around here.

    Raises:
        ConfigError: it is no result tree; the message says what was looked for, and what is near.
    """
    path = Path(folder)
    if not path.is_dir():
        with suppress(ConfigError):  # there may be no project around here
            path = find_project().path(str(folder))
    if not path.is_dir():
        raise no_tree(Path(folder))
    inventory = take_inventory(path.resolve())
    if inventory.problems:
        told = "; ".join(few(inventory.problems, _SHOWN))
        warnings.warn(f"records that cannot be used are left out: {told}", stacklevel=2)
    return Results(inventory)


class Results:
    """All results of one tree. Names are ``paper/name``, as ``reprise list`` prints them."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory, self._entries = inventory, list(inventory.entries.values())

    def __repr__(self) -> str:
        kinds = {"tables": self.tables, "runs": self.runs, "datasets": self.datasets}
        counts = ", ".join(f"{len(names)} {kind}" for kind, names in kinds.items())
        return f"Results of {', '.join(self.papers)} at scale {self.scale}: {counts}"

    @property
    def folder(self) -> Path:
        """Where the tree lies."""
        return self._inventory.folder

    @property
    def scale(self) -> str:
        """The scale of the results, e.g. cpu."""
        return ", ".join(sorted(self._inventory.scales))

    @property
    def papers(self) -> tuple[str, ...]:
        """Keys of the papers that the tree has results of."""
        return tuple(dict.fromkeys(entry.paper for entry in self._entries if entry.paper))

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of all tables."""
        return tuple(_name(entry.id) for entry in self._of("table"))

    @property
    def runs(self) -> tuple[str, ...]:
        """Names of all runs."""
        return tuple(dict.fromkeys(map(_run_of, self._of("run"))))

    @property
    def datasets(self) -> tuple[str, ...]:
        """Names of all datasets."""
        return tuple(_name(entry.id) for entry in self._of("dataset"))

    def table(self, name: str) -> pd.DataFrame:
        """The table ``paper/name``; raises ConfigError (no such table), DamagedFile."""
        return parse_csv(io.BytesIO(self.csv(name)))

    def csv(self, name: str) -> bytes:
        """The table ``paper/name`` as its CSV file; raises ConfigError, DamagedFile."""
        node = self._node("table", name, self.tables)
        return self._read([node]).bytes(node, ".csv")

    def columns(self, name: str) -> pd.DataFrame:
        """The data dictionary of the table ``paper/name``: ``column``, ``unit``, ``meaning``.

        Raises:
            ConfigError: there is no such table, or a column of it has no meaning.
        """
        return described(self.table(name), *name.split("/", 1))

    def run(self, name: str) -> "Run":
        """The run ``paper/name``; raises ConfigError where there is none."""
        _one_of("run", name, self.runs)
        own = [entry for entry in self._of("run") if _run_of(entry) == name]
        # Jobs of an earlier grid keep their folders: only those that tables were made from count.
        named = {
            (job, seen.get("fingerprint"))
            for entry in self._of("table")
            for job, seen in entry.record.inputs.items()
        }
        used = [entry for entry in own if (entry.id, entry.record.fingerprint) in named]
        nodes = [self._recorded(entry) for entry in used or own]
        return Run(name, self._read(nodes), self._figure_with(nodes))

    def dataset(self, name: str) -> dict[str, np.ndarray]:
        """The arrays of the dataset ``paper/name``; raises ConfigError, DamagedFile."""
        node = self._node("dataset", name, self.datasets)
        parents = self._read([node])
        _require(parents, [node], "data.safetensors", self._figure_with([node]))
        return parents.tensors(node, "data.safetensors")

    def claims(self) -> pd.DataFrame:
        """Every judged claim with its verdict: the columns of ``verdicts.csv``."""
        nodes = [self._recorded(entry) for entry in self._of("verdict")]
        if not nodes:
            raise ConfigError(f"{self.folder}: no claim was judged yet; run 'make replicate'")
        parents = self._read(nodes)
        return pd.concat([parents.csv(node) for node in nodes], ignore_index=True)

    def _of(self, kind: str) -> list[Entry]:
        return [entry for entry in self._entries if entry.kind == kind]

    def _node(self, kind: str, name: str, known: Sequence[str]) -> Node:
        paper, _, own = _one_of(kind, name, known).partition("/")
        return self._recorded(self._inventory.entries[f"{paper}/{kind}/{own}"])

    def _recorded(self, entry: Entry) -> Node:
        return recorded_node(entry, str(entry.record.node["scale"]))

    def _read(self, nodes: Sequence[Node]) -> Parents:
        return Parents(self._entries[0].tree, nodes)

    def _figure_with(self, nodes: Sequence[Node]) -> str:
        """What makes ``nodes``: the first figure that is made from any of them, else everything."""
        wanted = {node.id for node in nodes}
        for entry in self._of("figure"):
            if wanted & self._inventory.lineage([entry.id]).keys():
                return f"make figure FIG={_name(entry.id)} SCALE={self.scale}"
        return f"make replicate SCALE={self.scale}"


@dataclass(frozen=True)
class Run:
    """One training job, or several: a batch of networks (members) that differ along axes."""

    name: str
    """``paper/name``."""
    _parents: Parents
    _remedy: str

    def __repr__(self) -> str:
        seeds = ranges(sorted(set(self.members["seed"])))
        what = f"{self.spec.model.name} on {self.spec.task.name}, {self.spec.steps} steps"
        return f"Run {self.name}: {what}, {len(self.members)} members of seeds {seeds}"

    @cached_property
    def _planned(self) -> RunResult:
        """What the records alone say: spec and members."""
        parts = [
            JobResult(
                job=node.training_job,
                failed_at_step=np.asarray(
                    self._parents.records[node.id].execution["failed_at_step"]
                ),
                metrics=pd.DataFrame({"member": []}),
                params={},
                views={},
                snapshot_steps=np.zeros(0, int),
            )
            for node in self._parents.nodes
        ]
        return join_jobs(parts)

    @cached_property
    def _loaded(self) -> RunResult:
        for file in ("params.safetensors", "views.safetensors", "metrics.csv"):
            _require(self._parents, self._parents.nodes, file, self._remedy)
        return load_run(self.name.partition("/")[2], self._parents)

    @property
    def spec(self) -> RunSpec:
        """Task, model, optimizer, steps: the parameters that all members share."""
        return self._planned.spec

    @property
    def members(self) -> pd.DataFrame:
        """One row per network, indexed by ``member``: its axes, and ``failed_at_step`` or NaN."""
        return self._planned.members

    @property
    def metrics(self) -> pd.DataFrame:
        """``member``, ``step`` and a column per metric, at every logged step."""
        return self._loaded.metrics

    @property
    def snapshot_steps(self) -> np.ndarray:
        """Steps of the snapshots, taken after the update of that step."""
        return self._loaded.snapshot_steps

    def member(self, **axes: Any) -> int:
        """The one network with these values on the axes: ``run.member(seed=3)``.

        An axis may be called by its last part (``weight_decay`` for ``optimizer.weight_decay``).
        Without values there has to be one network only.

        Raises:
            ConfigError: an axis or a value that there is not, or several networks that have it.
        """
        table = self.members.drop(columns="failed_at_step")
        names = {str(axis).rpartition(".")[2]: str(axis) for axis in table.columns}
        for given, value in axes.items():
            axis = given if given in table.columns else names.get(given)
            if axis is None:
                raise ConfigError(f"{self.name}: no axis {given!r}{suggest(given, names)}")
            left = table[table[axis] == value]
            if left.empty:
                near = suggest(value, table[axis].unique())
                raise ConfigError(f"{self.name}: no network with {given}={value!r}{near}")
            table = left
        if len(table) > 1:
            open_axes = [a for a in table.columns if table[a].nunique() > 1]
            choices = "; ".join(f"{a}: {', '.join(map(str, table[a].unique()))}" for a in open_axes)
            raise ConfigError(f"{self.name}: {len(table)} networks have that; choose by {choices}")
        return int(table.index[0])

    def params(self, **axes: Any) -> Mapping[str, np.ndarray]:
        """The trained parameters by name of one network (see ``member``)."""
        return self._loaded.params[self.member(**axes)]

    def views(self, **axes: Any) -> Mapping[str, np.ndarray]:
        """The snapshots of one network: view name -> array (snapshot, ...).

        ``snapshot_steps`` says when they were taken.
        """
        return self._loaded.views[self.member(**axes)]

    def data(self, **axes: Any) -> Mapping[str, Mapping[str, np.ndarray]]:
        """Split (``test``, and ``train`` where it is fixed) -> the batch of one network.

        A batch is a mapping of arrays whose first axis is the example; ``x`` feeds the network.
        """
        member = self.member(**axes)
        spec = member_spec(self._planned, member)
        splits: Mapping[str, Mapping[str, np.ndarray]] = importlib.import_module(
            spec.task.module
        ).splits(spec.task, int(self.members.at[member, "seed"]))
        return splits

    def network(self, *, step: int | None = None, **axes: Any) -> "nnx.Module":
        """One network (see ``member``) with its weights, at the end or at a snapshot's ``step``.

        It is built by today's code; a warning names what of it has changed since the training.
        Networks of 64 bits switch JAX to 64 bits.

        Raises:
            ConfigError: no such network or step, or only some weights were kept then.
        """
        import jax

        from reprise.training.network import network

        member = self.member(**axes)
        result = self._loaded
        if member not in finished(result):
            when = int(result.members.at[member, "failed_at_step"])
            raise ConfigError(f"{self.name}: member {member} reached NaN at step {when}")
        params = result.params[member] if step is None else self._params_at(member, step)
        self._warn_of_other_code()
        if result.spec.dtype == "float64":
            jax.config.update("jax_enable_x64", True)
        return network(member_spec(result, member), params)

    def _params_at(self, member: int, step: int) -> Mapping[str, np.ndarray]:
        steps = self.snapshot_steps.tolist()
        if step not in steps:
            near = min(steps, key=lambda known: abs(known - step), default=None)
            hint = f"; the nearest one is {near}" if steps else ": the run has no snapshots"
            raise ConfigError(f"{self.name}: no snapshot at step {step}{hint}")
        found = snapshot(self._loaded, member, steps.index(step))
        if not found:
            kept = ", ".join(self._loaded.views[member])
            raise ConfigError(
                f"{self.name}: its snapshots hold {kept} only, see views(); for whole networks put "
                "'params' among snapshots.views in paper.yaml and run it again"
            )
        return found

    def _warn_of_other_code(self) -> None:
        recorded = {
            name: digest
            for record in self._parents.records.values()
            for name, digest in record.code.items()
            if name.startswith("papers.")
        }
        now = definition_digests(recorded)
        if changed := [name for name, digest in recorded.items() if now.get(name) != digest]:
            warnings.warn(
                f"{self.name} was trained by other code than today's, which builds the network: "
                f"{changed[0]} changed",
                stacklevel=3,
            )


def described(frame: pd.DataFrame, paper: str, table: str) -> pd.DataFrame:
    """The data dictionary of ``frame``: ``column``, ``unit``, ``meaning`` with its named values.

    Raises:
        ConfigError: a column, or a name in it, has no meaning.
    """
    known = _dictionary(paper)
    if faults := list(known.faults(table, frame)):
        raise ConfigError("\n".join(f"papers/{paper}/columns.yaml: {fault}" for fault in faults))
    rows = []
    for name in frame.columns:
        column = known.column(table, name)
        assert column is not None
        named = [f"{value}: {says}" for value, says in (column.values or {}).items()]
        rows.append((name, column.unit, " ".join([column.meaning, *named])))
    return pd.DataFrame(rows, columns=["column", "unit", "meaning"])


@cache
def _dictionary(paper: str) -> Dictionary:
    return load_columns(load_paper(paper, Config()))


def _one_of(kind: str, name: str, known: Sequence[str]) -> str:
    if name not in known:
        raise ConfigError(f"no {kind} {name!r} in this tree{suggest(name, known)}")
    return name


def _name(node_id: str) -> str:
    paper, _, rest = node_id.split("/", 2)
    return f"{paper}/{rest}"


def _run_of(entry: Entry) -> str:
    return _name(entry.id).rpartition("/")[0]


def _require(parents: Parents, nodes: Sequence[Node], file: str, remedy: str) -> None:
    """Raise ConfigError where ``file`` of a node is not in the tree."""
    for path in (parents.tree.path(node.output(file)) for node in nodes):
        if not path.is_file():
            raise ConfigError(
                f"{path} is not in this tree: published results have no checkpoints and datasets. "
                f"Make them with '{remedy}', then open that tree"
            )

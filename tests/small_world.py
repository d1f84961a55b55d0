"""A small graph (run -> table -> figure) whose outputs and records lie in a folder."""

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pandas as pd

from reprise.graph.build import KINDS, Graph
from reprise.graph.closure import closure
from reprise.graph.nodes import Node, fingerprint
from reprise.records.record import read_record, write_record
from reprise.records.state import State, states
from reprise.records.tree import Tree
from reprise.results import csv_bytes
from reprise.specs.claims import Claims
from reprise.specs.errors import validate
from reprise.specs.load import Config
from reprise.stats.verdicts import judge
from reprise.storage.atomic import write_bytes

EXECUTION = {"wall_s": 1.5, "peak_memory_bytes": 2**20}

CONTENT = {
    "params.safetensors": b"\x00\x01\x02weights",
    "metrics.csv": b"step,loss\n0,1.0\n1,0.5\n",
    "summary.csv": b"quantity,value\na,0.25\nb,0.75\n",
    "F1.svg": b"<svg></svg>",
}


def make(
    kind: str,
    name: str,
    spec: Mapping[str, Any],
    outputs: tuple[str, ...],
    parents: tuple[Node, ...],
    code: Mapping[str, str],
) -> Node:
    """A node as the graph makes it; outputs in a fingerprinted folder if they hold ``{mark}``."""
    mark = fingerprint(
        {"spec": spec, "code": code, "inputs": {p.id: p.fingerprint for p in parents}}
    )
    paths = tuple(path.format(mark=mark[:12]) for path in outputs)
    folder, _, first = paths[0].rpartition("/")
    record = "record.json" if "{mark}" in outputs[0] else f"{first.partition('.')[0]}.record.json"
    return Node(
        id=f"demo/{kind}/{name}",
        kind=kind,
        paper="demo",
        name=name,
        scale="cpu",
        spec=dict(spec),
        code=dict(code),
        inputs=tuple(parent.id for parent in parents),
        files={},
        fingerprint=mark,
        outputs=paths,
        record=f"{folder}/{record}",
    )


def small_graph(
    run: Mapping[str, Any] | None = None,
    table_code: str = "1",
    code: Mapping[str, str] = {"reprise.lib:f": "0" * 64},
) -> Graph:
    """run/main/00 -> table/summary -> figure/F1, and a run that nothing reads."""
    folder = "results/cpu/demo"
    run_node = make(
        "run",
        "main/00",
        run or {"optimizer": {"learning_rate": 0.1, "weight_decay": 0.5}, "steps": 10},
        (
            f"{folder}/runs/main/00-{{mark}}/params.safetensors",
            f"{folder}/runs/main/00-{{mark}}/metrics.csv",
        ),
        (),
        code,
    )
    alone = make(
        "run",
        "alone/00",
        {"steps": 1},
        (f"{folder}/runs/alone/00-{{mark}}/metrics.csv",),
        (),
        code,
    )
    own = {"reprise.tables:summary": table_code * 64} if code else {}
    table = make(
        "table",
        "summary",
        {"entry": "tables:summary"},
        (f"{folder}/tables/summary.csv",),
        (run_node,),
        {**code, **own},
    )
    picture = make(
        "figure", "F1", {"tables": ["summary"]}, (f"{folder}/figures/F1.svg",), (table,), code
    )
    nodes = (run_node, alone, table, picture)
    return Graph(Config(), nodes={node.id: node for node in nodes})


def datasets(*names: str) -> Graph:
    """Datasets of these names that are alike."""
    nodes = [
        make(
            "dataset", name, {}, (f"results/cpu/demo/datasets/{name}-{{mark}}/metrics.csv",), (), {}
        )
        for name in names
    ]
    return Graph(Config(), nodes={node.id: node for node in nodes})


@dataclass
class World:
    """A folder with everything made."""

    root: Path
    graph: Graph = field(default_factory=small_graph)

    def make(self, node: Node, content: Mapping[str, bytes] = CONTENT) -> None:
        for path in node.outputs:
            write_bytes(self.root / path, content[path.rpartition("/")[2]])
        read = {i: read_record(self.root / self.graph.nodes[i].record) for i in node.inputs}
        inputs = {i: {"fingerprint": r.fingerprint, "outputs": r.outputs} for i, r in read.items()}
        write_record(self.root, node, inputs, EXECUTION)

    def make_all(self, content: Mapping[str, bytes] = CONTENT) -> "World":
        for node in self.graph.nodes.values():
            self.make(node, content)
        return self

    def node(self, kind: str) -> Node:
        return next(node for node in self.graph.nodes.values() if node.kind == kind)

    def output(self, kind: str, ending: str = "") -> Path:
        node = self.node(kind)
        return self.root / next(path for path in node.outputs if path.endswith(ending))

    def record(self, kind: str) -> Path:
        return self.root / self.node(kind).record

    def states(self) -> dict[str, State]:
        """State by kind; the lonely run is left out."""
        found = states(self.graph, Tree.own(self.root, "cpu"))
        return {self.graph.nodes[i].kind: s for i, s in found.items() if "alone" not in i}

    def replaced(self, **choices: Any) -> "World":
        """The same folder, seen by a graph that was built after an edit."""
        return replace(self, graph=small_graph(**choices))


def edit_record(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    statement = json.loads(path.read_text())
    change(statement)
    path.write_text(json.dumps(statement))


CLAIMS = {
    "gates": {
        "learned": {
            "statement": "It learned.",
            "criterion": {"table": "summary", "where": {"quantity": "a"}, "at_least": 0.2},
        }
    },
    "claims": {
        "half-is-more": {
            "figure": "F1",
            "statement": "Three quarters or more.",
            "source": "Section 1",
            "criterion": {"table": "summary", "where": {"quantity": "b"}, "at_least": 0.75},
            "gate": "learned",
            "paper_value": 0.8,
            "threshold": {"source": "paper", "why": "half of the paper's gain"},
        },
        "all-is-less": {
            "figure": "F1",
            "statement": "A tenth at most.",
            "source": "Section 2",
            "criterion": {"table": "summary", "where": {"quantity": "b"}, "at_most": 0.1},
            "threshold": {"source": "ours", "why": "a guess"},
        },
    },
}


def judged_world(root: Path, **choices: Any) -> World:
    """A world whose table is judged, too, by two claims; its networks have the seeds 0 to 2."""
    graph = small_graph(code={}, **choices)
    for node in graph.nodes.values():
        graph.nodes[node.id] = replace(node, seeds=(0, 1, 2))
    table = graph.nodes["demo/table/summary"]
    claims = validate(Claims, CLAIMS, "claims.yaml")
    spec = claims.model_dump(mode="json", exclude_none=True)
    code, place = closure(KINDS["verdict"].code), "results/cpu/demo/verdicts.csv"
    node = make("verdict", "verdicts", spec, (place,), (table,), code)
    graph.nodes[node.id] = node = replace(node, seeds=table.seeds)
    frame = pd.read_csv(io.BytesIO(CONTENT["summary.csv"]))
    rows = judge(claims, {"summary": frame}, "demo", "cpu")
    return World(root, graph).make_all({**CONTENT, "verdicts.csv": csv_bytes(rows)})

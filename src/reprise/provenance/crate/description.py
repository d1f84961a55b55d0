"""A Workflow Run RO-Crate of a result tree, written from the records that the audit reads.

Profile: Provenance Run Crate 0.5 on RO-Crate 1.1 (https://w3id.org/ro/wfrun/provenance/0.5). The
crate is derived and says nothing of its own: the same tree and checkout give the same bytes.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reprise.graph.build import Graph
from reprise.provenance.crate.frame import add, begin, metadata
from reprise.provenance.crate.parts import (
    CONFIG,
    LOCK,
    WORKFLOW,
    Part,
    absent_outputs,
    checkout_parts,
    tree_parts,
)
from reprise.provenance.crate.run import COMPLETED, Run, action_id
from reprise.provenance.crate.values import (
    Entity,
    local,
    ref,
    usage_entity,
    value_entity,
)
from reprise.records.record import Record, read_record
from reprise.records.tree import Tree

_RESULTS = ("table", "figure", "verdict", "report")
"""Kinds whose outputs are what the whole workflow is run for."""


@dataclass(frozen=True)
class Description:
    """What a crate says, and the files it holds."""

    metadata: dict[str, Any]
    parts: list[Part]
    absent: set[str]
    """Outputs that are described by their digest and not included."""


def describe(
    root: Path, graph: Graph, tree: Tree, published: str, agent: str | None = None
) -> Description:
    """The crate of ``tree``, all of whose nodes are valid; ``published`` is an ISO 8601 date.

    Raises:
        FileNotFoundError, UnreadableRecord: a record or a file of the workflow is not there.
    """
    records = {node.id: read_record(tree.path(node.record)) for node in graph.nodes.values()}
    absent = absent_outputs(graph, tree)
    parts = {p.path: p for p in (*checkout_parts(root, graph), *tree_parts(graph, tree, records))}
    files = {path: part.ref for path, part in parts.items()}
    files |= {path: ref(local(path)) for path in absent}
    chosen = [path for path in parts if path == CONFIG or path.startswith("src/")]
    run = Run(graph, records, files, chosen)
    person = _person(agent) if agent else None
    by = ref(person["@id"]) if person else None
    crate = begin(graph, parts, published)
    if person:
        add(crate, [person])
        crate.root_dataset["author"] = by
    add(crate, _absent_entities(graph, records, absent))
    add(crate, run.entities(by))
    add(crate, _whole(run, by, parts[LOCK].source))
    _link(crate, run)
    return Description(metadata(crate), list(parts.values()), absent)


def _absent_entities(
    graph: Graph, records: dict[str, Record], absent: set[str]
) -> Iterator[Entity]:
    for path in sorted(absent):
        yield {
            "@id": local(path),
            "@type": "CreativeWork",
            "name": path,
            "description": "Described by its digest; the file is not part of this crate",
            "creativeWorkStatus": "not included",
            "sha256": records[graph.by_output[path].id].outputs[path.rpartition("/")[2]],
        }


def _whole(run: Run, agent: Entity | None, lock: Path) -> Iterator[Entity]:
    """The run of the workflow as a whole, and of its engine."""
    graph, measured = run.graph, [record.execution for record in run.records.values()]
    usage = [
        usage_entity("run", "wall_s", round(sum(item["wall_s"] for item in measured), 3)),
        usage_entity("run", "peak_memory_bytes", max(i["peak_memory_bytes"] for i in measured)),
    ]
    scale = value_entity("workflow", "scale", graph.config.scale)
    results = [p for n in graph.nodes.values() if n.kind in _RESULTS for p in n.outputs]
    pinned = re.search(r"^snakemake==(\S+)", lock.read_text(encoding="utf-8"), re.MULTILINE)
    engine = {
        "@id": local("engine"),
        "@type": "SoftwareApplication",
        "name": "Snakemake",
        "url": "https://snakemake.github.io",
        **({"softwareVersion": pinned[1]} if pinned else {}),
    }
    yield from (*usage, scale, engine)
    yield {
        "@id": local("run"),
        "@type": "CreateAction",
        "name": f"Run of the workflow at scale {graph.config.scale}",
        "description": "wall_s adds up the jobs, of which several may have run at a time",
        "instrument": ref(WORKFLOW),
        "object": [*(run.files[path] for path in run.chosen), ref(scale["@id"])],
        "result": [run.files[path] for path in results],
        "resourceUsage": [ref(entity["@id"]) for entity in usage],
        "actionStatus": COMPLETED,
        **({"agent": agent} if agent else {}),
    }
    yield {
        "@id": local("engine/execution"),
        "@type": "OrganizeAction",
        "name": "Run of the engine",
        "instrument": ref(engine["@id"]),
        "object": [ref(local(f"step/{kind}/execution")) for kind in run.kinds],
        "result": ref(local("run")),
        "actionStatus": COMPLETED,
    }


def _link(crate: Any, run: Run) -> None:
    """Say of every file which parameters it was a value of, and of the workflow what it holds."""
    flows: dict[str, list[str]] = {path: [local(f"workflow/{path}")] for path in run.chosen}
    for node in run.graph.nodes.values():
        for path in node.outputs:
            readers = {n.kind for n in run.graph.nodes.values() if node.id in n.inputs}
            ends = [f"{node.kind}/outputs", *(f"{kind}/inputs" for kind in sorted(readers))]
            flows[path] = [local(end) for end in ends]
    for path, ends in flows.items():
        crate.dereference(run.files[path]["@id"])["exampleOfWork"] = [ref(end) for end in ends]
    workflow = crate.mainEntity
    workflow["hasPart"] = run.tools()
    workflow["step"] = [ref(local(f"step/{kind}")) for kind in run.kinds]
    workflow["input"] = [ref(local(f"workflow/{path}")) for path in run.chosen]
    workflow["output"] = [ref(local(f"{k}/outputs")) for k in run.kinds if k in _RESULTS]
    actions = [ref(action_id(node)) for node in run.graph.nodes.values()]
    crate.root_dataset["mentions"] = [ref(local("run")), ref(local("engine/execution")), *actions]


def _person(name: str) -> Entity:
    return {"@id": local(f"agent/{name}"), "@type": "Person", "name": name}

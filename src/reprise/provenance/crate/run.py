"""What was done, as entities: the steps and their parameters, and an action per record."""

from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

from reprise.graph.build import Graph
from reprise.graph.nodes import KINDS, Node
from reprise.provenance.crate.parts import CONFIG, ENVIRONMENT, source_of
from reprise.provenance.crate.tools import tool, tool_id
from reprise.provenance.crate.values import (
    Entity,
    Value,
    connection_entity,
    flat,
    local,
    parameter_entity,
    ref,
    usage_entity,
    value_entity,
)
from reprise.records.record import Record

COMPLETED = "http://schema.org/CompletedActionStatus"
_PARAMETERS_IN_FILES = ("verdict", "report")
"""Kinds whose parameters are texts: claims and captions, which the crate holds as files."""


class Run:
    """The makings that the records of a tree tell of, step by step."""

    def __init__(
        self, graph: Graph, records: dict[str, Record], files: dict[str, Entity], chosen: list[str]
    ) -> None:
        """``files``: path -> reference; ``chosen``: those that people wrote for the workflow."""
        self.graph, self.records, self.files, self.chosen = graph, records, files, chosen
        nodes = list(graph.nodes.values())
        self.kinds = [kind for kind in KINDS if any(node.kind == kind for node in nodes)]
        self.nodes = {kind: [n for n in nodes if n.kind == kind] for kind in self.kinds}
        self._values = cache(self._values_of)

    def entities(self, agent: Entity | None) -> Iterator[Entity]:
        """Steps, tools, parameters, and what was done with them; everything but the files."""
        for node in self.graph.nodes.values():
            yield from self._made(node, agent)
        for path in self.chosen:
            yield parameter_entity("workflow", path)
        for position, kind in enumerate(self.kinds):
            flows = list(self._connections(kind))
            for name in self._parameters(kind):
                yield parameter_entity(kind, name, self._values(kind).get(name, ()))
            yield parameter_entity(kind, "outputs")
            yield from flows
            yield self._step(kind, position, flows)
            yield {
                "@id": local(f"step/{kind}/execution"),
                "@type": "ControlAction",
                "name": f"All jobs of rule {kind}",
                "instrument": ref(local(f"step/{kind}")),
                "object": [ref(action_id(node)) for node in self.nodes[kind]],
                "actionStatus": COMPLETED,
            }

    def tools(self) -> list[Entity]:
        """References to all tools."""
        return [ref(identifier) for identifier in sorted(set(map(tool_id, self.records.values())))]

    def read_by(self, node: Node) -> list[str]:
        """Paths of what ``node`` was made from: outputs of others, and files that people wrote."""
        made = [
            path
            for parent in self.graph.parents(node)
            for path in parent.outputs
            if PurePosixPath(path).name in self.records[node.id].inputs[parent.id]["outputs"]
        ]
        written = [path for path in self.chosen if _declares(path, node)]
        return [*made, *written, *map(source_of, sorted(node.files))]

    def _made(self, node: Node, agent: Entity | None) -> Iterator[Entity]:
        record = self.records[node.id]
        usage, around = _measured(node, record)
        values = [
            value_entity(node.kind, name, value, exampleOfWork=ref(local(f"{node.kind}/{name}")))
            for name, value in _resolved(record)
        ]
        yield from (*tool(record, self._parameters(node.kind)), *usage, *around, *values)
        yield {
            "@id": action_id(node),
            "@type": "CreateAction",
            "name": f"Making of {node.id}",
            "description": f"reprise make, fingerprint {record.fingerprint}",
            "instrument": ref(tool_id(record)),
            "object": [*(self.files[path] for path in self.read_by(node)), *map(_ref, values)],
            "result": [self.files[path] for path in node.outputs],
            "subjectOf": self.files[node.record],
            "resourceUsage": [_ref(entity) for entity in usage],
            "additionalProperty": [_ref(entity) for entity in around],
            "actionStatus": COMPLETED,
            **({"agent": agent} if agent else {}),
        }

    def _parameters(self, kind: str) -> list[str]:
        """Names of the formal parameters of ``kind``; ``inputs`` are the files it reads."""
        reads = any(node.inputs or node.files for node in self.nodes[kind])
        return [*(["inputs"] if reads else []), *self._values(kind)]

    def _values_of(self, kind: str) -> dict[str, list[Value]]:
        found: dict[str, list[Value]] = {}
        for node in self.nodes[kind]:
            for name, value in _resolved(self.records[node.id]):
                found.setdefault(name, []).append(value)
        return dict(sorted(found.items()))

    def _connections(self, kind: str) -> Iterator[Entity]:
        """From the workflow's files and from earlier steps into the parameters of ``kind``."""
        for path in self.chosen:
            readers = [node for node in self.nodes[kind] if path in self.read_by(node)]
            sets = _is_setting(path) and kind not in _PARAMETERS_IN_FILES
            for name in (self._values(kind) if sets else ["inputs"]) if readers else ():
                yield connection_entity(local(f"workflow/{path}"), local(f"{kind}/{name}"))
        before = {parent.kind for node in self.nodes[kind] for parent in self.graph.parents(node)}
        for earlier in sorted(before):
            yield connection_entity(local(f"{earlier}/outputs"), local(f"{kind}/inputs"))

    def _step(self, kind: str, position: int, flows: list[Entity]) -> Entity:
        tools = sorted({tool_id(self.records[node.id]) for node in self.nodes[kind]})
        return {
            "@id": local(f"step/{kind}"),
            "@type": "HowToStep",
            "name": f"rule {kind}",
            "position": str(position),
            "workExample": [ref(tool) for tool in tools],
            "buildInstructions": self.files[ENVIRONMENT],
            "connection": [_ref(flow) for flow in flows],
        }


def action_id(node: Node) -> str:
    """The id of the making of ``node``."""
    return local(f"make/{node.id}")


def _is_setting(path: str) -> bool:
    return path == CONFIG or path.endswith("/paper.yaml")


def _declares(path: str, node: Node) -> bool:
    """Whether ``path`` decides what ``node`` is; the claims decide verdicts only."""
    own = PurePosixPath(path).match(f"papers/{node.paper or '*'}/*.yaml")
    return path == CONFIG or (own and (node.kind == "verdict" or _is_setting(path)))


def _measured(node: Node, record: Record) -> tuple[list[Entity], list[Entity]]:
    """Resources that were used, and what else the record says of how and on what."""
    told = {"fingerprint": record.fingerprint, "seeds": record.node["seeds"]}
    told |= {k: v for k, v in record.environment.items() if k not in ("versions", "python")}
    usage = []
    for name, value in flat(record.execution):
        if isinstance(value, int | float) and "." not in name and not isinstance(value, bool):
            usage.append(usage_entity(f"make/{node.id}", name, value))
        else:
            told[name] = value
    return usage, [value_entity("told", name, value) for name, value in flat(told)]


def _resolved(record: Record) -> list[tuple[str, Value]]:
    """Resolved parameters of a making; those of a run without the prefix that all share."""
    if record.node["kind"] in _PARAMETERS_IN_FILES:
        return []
    spec = dict(record.spec)
    run = spec.pop("run", {})
    return list(flat({**spec, **{k: v for k, v in run.items() if k != "members"}}))


def _ref(entity: Entity) -> Entity:
    return ref(entity["@id"])

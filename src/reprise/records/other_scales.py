"""What another scale has made already: a node that is the same at two scales is made once."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.records.record import Record, UnreadableRecord, read_record
from reprise.records.state import State, own_state
from reprise.records.tree import Tree
from reprise.specs.paper import SCALES
from reprise.training.devices import ACCELERATED

_SHARED = ("dataset", "run", "table")
"""Kinds whose content names no scale."""


@dataclass(frozen=True)
class Twin:
    """A valid node of another scale with the fingerprint of one that is not valid at this one."""

    tree: Tree
    """The project's own tree of that scale."""
    node: Node
    """As that scale has it."""
    record: Record


def nearest_scales(scale: str) -> list[str]:
    """The other scales, the most alike first: the nearest in size, for the same sort of device."""
    places: dict[str, int] = {name: number for number, name in enumerate(SCALES)}
    here, device = places.get(scale, 0), scale in ACCELERATED
    return sorted(
        (name for name in places if name != scale),
        key=lambda s: (abs(places[s] - here), (s in ACCELERATED) != device, -places[s]),
    )


def find_twins(root: Path, graph: Graph, known: Mapping[str, State]) -> dict[str, Twin]:
    """Id of a node that is not valid here -> its twin, parents first; writes nothing.

    ``known`` are the states in the own tree of the graph's scale. What is found can stand here: all
    that it was made from is among the twins, or lies here with the same content.
    """
    places = ((scale, root / "results" / scale) for scale in nearest_scales(graph.config.scale))
    trees = [Tree.own(root, scale) for scale, folder in places if folder.is_dir()]
    twins: dict[str, Twin] = {}
    if not trees:
        return twins
    own = Tree.own(root, graph.config.scale)
    here: dict[str, dict[str, str]] = {}

    def outputs(name: str) -> dict[str, str]:
        """Digests of what the node ``name`` is made of here, once the twins were taken over."""
        if name not in here and known[name].valid:
            _, record = own_state(graph.nodes[name], own)
            here[name] = record.outputs if record else {}
        return here.get(name, {})

    for node in graph.nodes.values():
        if node.kind not in _SHARED or known[node.id].valid:
            continue
        for twin in filter(None, (_twin(node, tree) for tree in trees)):
            seen = twin.record.inputs
            if all(outputs(name) == seen[name]["outputs"] for name in node.inputs):
                twins[node.id], here[node.id] = twin, twin.record.outputs
                break
    return twins


def _twin(node: Node, tree: Tree) -> Twin | None:
    """The valid node of ``tree`` with the fingerprint of ``node``."""
    try:
        if read_record(tree.path(node.record)).fingerprint != node.fingerprint:
            return None
    except (OSError, UnreadableRecord):
        return None
    there = _at(node, tree.folder.name)
    state, record = own_state(there, tree)
    return Twin(tree, there, record) if state.valid and record else None


def _at(node: Node, scale: str) -> Node:
    """``node`` as another scale has it, whose paths differ in its name only."""
    own, other = f"results/{node.scale}/", f"results/{scale}/"
    record, *outputs = (other + path.removeprefix(own) for path in (node.record, *node.outputs))
    return replace(node, scale=scale, record=record, outputs=tuple(outputs))

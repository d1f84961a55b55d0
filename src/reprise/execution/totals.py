"""Costs of many nodes in one: time, wall time, memory and disk. No currency is assumed."""

import heapq
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reprise.execution.costs import CPU, Cost, Costs
from reprise.graph.nodes import Node

_LONG = 1 / 8
_SHORT_S = 10.0  # tables and figures are no reason to hurry


@dataclass(frozen=True)
class Total:
    """What a set of jobs takes. Ranges add up as if all jobs erred to the same side."""

    jobs: int
    core_s: float
    """Of one core each: everything, or everything but trainings where those run on a device."""
    device_s: float
    """Of trainings on a device other than the CPU, one at a time."""
    low_s: float
    high_s: float
    """Range of both together."""
    wall_s: float
    """On the cores given: no less than the longest chain of jobs."""
    peak_bytes: int
    """Of the largest job."""
    side_by_side_bytes: int
    """Of as many of the largest as there are cores."""
    output_bytes: int
    bases: Mapping[str, int]
    """``recorded``, ``counted``, ``guessed`` -> jobs."""

    @property
    def seconds(self) -> float:
        """Core and device time."""
        return self.core_s + self.device_s


def total(costs: Costs, nodes: Sequence[Node], cores: int) -> Total:
    """What making ``nodes`` takes on ``cores``, with one device besides."""
    found = {node.id: costs.of(node) for node in nodes}
    return sum_up(nodes, found, cores, costs.device != CPU)


def sum_up(
    nodes: Sequence[Node], costs: Mapping[str, Cost], cores: int, device: bool = False
) -> Total:
    """The same from given costs; trainings run one at a time if there is a ``device``."""
    away = [costs[n.id].seconds for n in nodes if device and n.kind == "run"]
    every = [costs[node.id] for node in nodes]
    whole, device_s = sum(c.seconds for c in every), sum(away)
    core_s = max(whole - device_s, 0.0)
    peaks = [cost.peak_memory_bytes for cost in every]
    return Total(
        jobs=len(nodes),
        core_s=core_s,
        device_s=device_s,
        low_s=sum(c.seconds / c.factor for c in every),
        high_s=sum(c.seconds * c.factor for c in every),
        wall_s=max(core_s / cores, device_s, longest_chain(nodes, costs)),
        peak_bytes=max(peaks, default=0),
        side_by_side_bytes=sum(heapq.nlargest(cores, peaks)),
        output_bytes=sum(cost.output_bytes for cost in every),
        bases=dict(Counter(cost.basis for cost in every)),
    )


def longest_chain(nodes: Iterable[Node], costs: Mapping[str, Cost]) -> float:
    """Seconds of the longest chain in which each waits for the one before; parents come first."""
    return max(_chain_ends(nodes, costs).values(), default=0.0)


def urgent(nodes: Sequence[Node], costs: Mapping[str, Cost], cores: int) -> list[Node]:
    """The last nodes of chains that take over an eighth of the whole time; parents come first.

    Begun late, such a chain ends alone, while the other cores have nothing left to do; what is
    shorter fills the end evenly.
    """
    whole = sum_up(nodes, costs, cores).wall_s
    ends = {i: s for i, s in _chain_ends(nodes, costs).items() if s > _LONG * whole}
    lasting = [node for node in nodes if node.id in ends and costs[node.id].seconds > _SHORT_S]
    waited_for = {name for node in lasting for name in node.inputs}
    return [node for node in lasting if node.id not in waited_for]


def _chain_ends(nodes: Iterable[Node], costs: Mapping[str, Cost]) -> dict[str, float]:
    """Node -> seconds until it is made, where only what it waits for takes time."""
    ends: dict[str, float] = {}
    for node in nodes:
        start = max((ends[i] for i in node.inputs if i in ends), default=0.0)
        ends[node.id] = start + costs[node.id].seconds
    return ends

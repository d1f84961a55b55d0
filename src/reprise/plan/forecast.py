"""How long a run still takes: predictions corrected by what its jobs really took in this run."""

import bisect
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate

from reprise.graph.nodes import Node
from reprise.plan.cost import GUESSED, Cost, makespan

EVIDENCE = 0.03
"""Share of the work below which what it took says nothing of the rest."""
_HALF_LIFE_S = 120.0  # what else keeps the machine busy comes and goes
_ODD = 2.0
_AT_LEAST = 0.2  # of the time that a job took so far, which says nothing of its end
_SETTLED_CORE_S = 300.0
_LEAST_BUSY = 0.7
_LEAST_SHARE = 0.05

Class = tuple[str, ...]
"""Of work that keeps one pace: (part,), (part, kind) or (part, kind, paper); what was guessed is
(part, guessed, kind), which tells nothing of the others."""
FIXED, WORK = "fixed", "work"


@dataclass(frozen=True)
class Seen:
    """What a job of this run has shown so far."""

    fixed_s: float
    """Seconds that it spent on what comes once: start, compilation, files."""
    work_s: float
    """Seconds that it spent on what it has told its share of."""
    share: float
    """Of the work, done here."""
    whole_s: float | None = None
    """Seconds that all of the work takes at its present pace."""
    core_share: float = 1.0
    """Of a core that it had, lately if it runs."""
    ended_ago_s: float | None = None
    """None while it runs."""

    @property
    def total_s(self) -> float:
        """Seconds so far."""
        return self.fixed_s + self.work_s


@dataclass(frozen=True)
class Forecast:
    """The time left of making ``nodes`` (everything the run makes, parents first)."""

    nodes: Sequence[Node]
    costs: Mapping[str, Cost]
    slots: int
    """Jobs that run side by side."""
    cores: float
    """That they share, as far as is known beforehand."""

    def left_s(self, elapsed_s: float, seen: Mapping[str, Seen]) -> float:
        """Seconds until everything is made, ``elapsed_s`` after the start."""
        paces = self.paces(seen)
        left = {node.id: self._left_s(node, paces, seen.get(node.id)) for node in self.nodes}
        runs = [name for name, one in seen.items() if one.ended_ago_s is None]
        wall_s = makespan(self.nodes, left, self.slots, runs, self.at_hand(seen))
        return wall_s / self._busy(elapsed_s, seen)

    def at_hand(self, seen: Mapping[str, Seen]) -> float:
        """Cores that jobs really had lately, as many as there are slots running."""
        predicted_s = sum(self._predicted_s.get((part,), 0.0) for part in (FIXED, WORK))
        if sum(one.total_s for one in seen.values()) < EVIDENCE * predicted_s:
            return self.cores
        weights = [_recency(one) * one.total_s for one in seen.values()]
        shares = [min(max(one.core_share, _LEAST_SHARE), 1.0) for one in seen.values()]
        had = sum(w * share for w, share in zip(weights, shares, strict=True))
        return self.slots * had / sum(weights) if had else self.cores

    def share(self, seen: Mapping[str, Seen]) -> float:
        """Share of the predicted work that is done, 0 to 1."""
        whole = sum(self.costs[node.id].seconds for node in self.nodes) or 1.0
        return sum(self._done_s(node, seen.get(node.id)) for node in self.nodes) / whole

    def paces(self, seen: Mapping[str, Seen]) -> dict[Class, float]:
        """How many times as long as predicted work of a class takes, where enough of it was seen.

        A job that is far from the others of its class counts as a moderate one.
        """
        found: defaultdict[Class, list[tuple[float, float]]] = defaultdict(list)
        for node in self.nodes:
            if node.id in seen:
                cost = self.costs[node.id]
                for part, done_s, ratio in _evidence(cost, seen[node.id]):
                    for name in _classes(node, part, cost):
                        found[name].append((ratio, done_s))
        return {
            name: _typical(ratios)
            for name, ratios in found.items()
            if sum(done_s for _, done_s in ratios) >= EVIDENCE * self._predicted_s[name]
        }

    @cached_property
    def _predicted_s(self) -> dict[Class, float]:
        """Seconds of all work of a class, as predicted."""
        whole: defaultdict[Class, float] = defaultdict(float)
        for node in self.nodes:
            cost = self.costs[node.id]
            for part, seconds in ((FIXED, cost.fixed_s), (WORK, cost.seconds - cost.fixed_s)):
                for name in _classes(node, part, cost):
                    whole[name] += seconds
        return dict(whole)

    def _pace(self, node: Node, part: str, paces: Mapping[Class, float]) -> float:
        classes = _classes(node, part, self.costs[node.id])
        known = (paces[name] for name in (*reversed(classes), (part,)) if name in paces)
        return next(known, 1.0)

    def _left_s(self, node: Node, paces: Mapping[Class, float], one: Seen | None) -> float:
        if one and one.ended_ago_s is not None:
            return 0.0
        cost = self.costs[node.id]
        fixed_s = cost.fixed_s * self._pace(node, FIXED, paces)
        work_s = (cost.seconds - cost.fixed_s) * self._pace(node, WORK, paces)
        if not one:
            return fixed_s + work_s
        if one.share >= EVIDENCE and one.whole_s is not None:
            return (1 - one.share) * one.whole_s * one.core_share
        so_far_s = one.total_s * one.core_share
        return max(fixed_s + work_s - so_far_s, _AT_LEAST * so_far_s)

    def _done_s(self, node: Node, one: Seen | None) -> float:
        cost = self.costs[node.id]
        if one and one.ended_ago_s is None:
            return cost.seconds * one.share
        return cost.seconds if one else 0.0

    def _busy(self, elapsed_s: float, seen: Mapping[str, Seen]) -> float:
        """Share of the slots' time that jobs really used: between jobs the engine needs some."""
        took = sum(one.total_s for one in seen.values()) + _SETTLED_CORE_S
        return min(max(took / (elapsed_s * self.slots + _SETTLED_CORE_S), _LEAST_BUSY), 1.0)


def _classes(node: Node, part: str, cost: Cost) -> tuple[Class, ...]:
    """From the widest to the narrowest."""
    if not cost.measured:
        return ((part, GUESSED, node.kind),)
    return (part,), (part, node.kind), (part, node.kind, node.paper)


def _evidence(cost: Cost, one: Seen) -> Iterator[tuple[str, float, float]]:
    """Part, predicted seconds of what is done of it, and how many times as long that took."""
    work_s = cost.seconds - cost.fixed_s
    ended = one.ended_ago_s is not None
    if one.share < EVIDENCE:
        return
    if cost.fixed_s > 0:
        yield FIXED, cost.fixed_s, one.fixed_s * one.core_share / cost.fixed_s
    if work_s > 0:
        took_s = one.work_s + (0.0 if cost.fixed_s > 0 else one.fixed_s)
        whole_s = took_s / one.share if ended else one.whole_s
        if whole_s is not None:
            yield WORK, one.share * work_s, whole_s * one.core_share / work_s


def _recency(one: Seen) -> float:
    return float(0.5 ** ((one.ended_ago_s or 0.0) / _HALF_LIFE_S))


def _typical(ratios: Sequence[tuple[float, float]]) -> float:
    """Mean of (ratio, weight), those far from the median moved towards it."""
    ordered = sorted(ratios)
    sums = list(accumulate(weight for _, weight in ordered))
    median = ordered[bisect.bisect_left(sums, sums[-1] / 2)][0]
    low, high = median / _ODD, median * _ODD
    return sum(min(max(ratio, low), high) * weight for ratio, weight in ordered) / sums[-1]

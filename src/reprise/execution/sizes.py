"""Bytes that a training needs, from counted bytes of one member (``counting.Counts``)."""

from collections.abc import Mapping
from typing import Any

from reprise.execution.samples import Work

_ROW_BYTES = 120
_COPIES = 2
"""States at once: the one that an update reads, and the one that it makes."""


def output_bytes(counts: Mapping[str, float], spec: Mapping[str, Any]) -> int:
    """Weights, snapshots and metrics of a resolved job ``spec``."""
    run, members = spec["run"], len(spec["members"])
    rows = members * (run["steps"] // run["log_every"] + 1)
    every = (run.get("snapshots") or {}).get("every")
    views = counts["views"] * (run["steps"] // every + 1) if every else 0.0
    return round(members * (counts["params"] + views) + _ROW_BYTES * rows)


def peak_bytes(counts: Mapping[str, float], work: Work, process: float) -> int:
    """Peak memory: a ``process`` with its libraries and compiler, states, and what is kept.

    What a forward pass keeps for the backward one is held for all members that train side by side.
    """
    side_by_side = work.members if work.side_by_side else 1
    states = _COPIES * work.members * counts["state"]
    return round(process + states + side_by_side * counts["kept"])

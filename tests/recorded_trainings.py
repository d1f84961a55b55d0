"""Records of trainings that never ran, with the times that a test wants."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from small_world import make
from training_jobs import PARITY, job

from reprise.graph.nodes import Node
from reprise.records.record import write_record
from reprise.storage.atomic import write_bytes

CPU = {"platform": "cpu", "kind": "cpu", "count": 1}
GPU = {"platform": "gpu", "kind": "NVIDIA H100 80GB HBM3", "count": 1}


def node_of(name: str = "main/00", scale: str = "cpu", **changes: Any) -> Node:
    """The node of a parity training with some of its values changed."""
    spec = job({**PARITY, **changes}).model_dump(mode="json", exclude_none=True)
    place = f"results/{scale}/demo/runs/{name}-{{mark}}"
    return replace(make("run", name, spec, (f"{place}/params.safetensors",), (), {}), scale=scale)


def record_training(
    root: Path, node: Node, published: bool = False, **execution: Any
) -> dict[str, Any]:
    """Write the record of ``node`` (11 s, 2 of them compiling, 1 starting) with values changed."""
    if published:
        node = replace(
            node,
            outputs=tuple(p.replace("results/", "results/published/", 1) for p in node.outputs),
            record=node.record.replace("results/", "results/published/", 1),
        )
    done = {**execution_of(node), **execution}
    for path in node.outputs:
        write_bytes(root / path, b"weights")
    write_record(root, node, {}, done)
    return done


def execution_of(node: Node) -> dict[str, Any]:
    """What a training says of itself: a million FLOPs an update of a member."""
    spec: Mapping[str, Any] = node.spec
    return {
        "device": CPU,
        "wall_s": 11.0,
        "phases_s": {"start": 1.0, "compile": 2.0, "steps": 8.0},
        "flops": 1e6 * len(spec["members"]) * (spec["run"]["steps"] + 1),
        "resumed_from_step": None,
        "peak_memory_bytes": 3 * 10**8,
    }

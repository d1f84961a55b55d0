"""``reprise trace TARGET``: the whole lineage of an output as a tree."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from reprise.cli.output import dumped
from reprise.graph.nodes import Node
from reprise.plan.planning import Plan
from reprise.records.record import Record, UnreadableRecord, read_record
from reprise.specs.errors import ConfigError, suggest


def show_trace(plan: Plan, target: str, as_json: bool, console: Console) -> None:
    """Print what ``target`` was made from, from the records."""
    node = find(plan, target)
    if as_json:
        print(dumped({"schema": 1, "node": _as_json(plan, node)}))
        return
    console.print(_tree(plan, node, set()))


def find(plan: Plan, target: str) -> Node:
    """The node with this id, output path or figure name; raises ConfigError."""
    graph = plan.graph
    path = target.removeprefix(f"{plan.project.root}/").removeprefix("./")
    node = graph.nodes.get(target) or graph.by_output.get(path)
    if node is not None:
        return node
    if target.count("/") == 1 and not path.startswith("results"):
        return graph.find_figure(target)
    raise ConfigError(
        f"no node or output {target!r}{suggest(target, [*graph.nodes, *graph.by_output])}"
    )


def facts(plan: Plan, node: Node) -> tuple[str, ...]:
    """What the record of ``node`` says, as short lines."""
    record = _record(plan, node)
    if record is None:
        return ("no record",)
    execution, environment = record.execution, record.environment
    versions = ", ".join(f"{k} {v}" for k, v in environment["versions"].items())
    device = execution.get("device", {}).get("kind") or environment["cpu"]
    commit = (record.commit["sha"] or "no commit")[:12] + (
        " (edited)" if record.commit["dirty"] else ""
    )
    modules = {name.partition(":")[0] for name in record.code}
    lines = [
        f"made in {execution['wall_s']:.1f} s on {device}, commit {commit}",
        f"{versions}, Python {environment['python']}",
        f"code: {len(record.code)} definitions in {len(modules)} modules",
        f"fingerprint {record.fingerprint[:12]}",
    ]
    lines += _speed(execution)
    lines += [f"{name}  sha256 {digest[:12]}" for name, digest in record.outputs.items()]
    return (*_parameters(node), *lines)


def _speed(execution: dict[str, Any]) -> Iterator[str]:
    """Arithmetic and speed of a training; records of earlier versions do not hold them."""
    if arithmetic := execution.get("numerics"):
        how = ", emulated" if arithmetic["emulated"] else ""
        kernels = "deterministic" if arithmetic["deterministic"] else "any"
        precision = arithmetic["matmul_precision"]
        yield f"numerics {arithmetic['profile']}{how}: products {precision}, {kernels} kernels"
    if best := execution.get("peak_flops_per_s"):
        yield (
            f"{execution['flops']:.3g} operations at {execution['flops_per_s'] / 1e9:.3g} GFLOP/s, "
            f"{execution['utilisation']:.0%} of the device's measured peak ({best / 1e9:.3g})"
        )


def _parameters(node: Node) -> tuple[str, ...]:
    if node.kind == "figure":
        return (f"shows {node.about['source']}",)
    if node.kind == "run":
        run = node.spec["run"]
        values = {k: v for part in ("task", "model", "optimizer") for k, v in run[part].items()}
        listed = ", ".join(f"{k}={v}" for k, v in values.items())
        return (f"{listed}, steps={run['steps']}, {run['dtype']}", f"seeds {list(node.seeds)}")
    return (f"entry {node.spec['entry']}",) if "entry" in node.spec else ()


def _tree(plan: Plan, node: Node, seen: set[str]) -> Tree:
    state = plan.states[node.id]
    why = f"  ({'; '.join(state.reasons[:2])})" if state.reasons else ""
    tree = Tree(Text.assemble((node.id, "bold"), f"  [{state.name}]{why}"))
    if node.id in seen:
        tree.add("(shown above)", style="dim")
        return tree
    seen.add(node.id)
    for line in facts(plan, node):
        tree.add(Text(line), style="dim")
    for parent in plan.graph.parents(node):
        tree.add(_tree(plan, parent, seen))
    for path, digest in node.files.items():
        tree.add(Text(f"{path}  sha256 {digest[:12]}"))
    return tree


def _as_json(plan: Plan, node: Node) -> dict[str, Any]:
    record = _record(plan, node)
    state = plan.states[node.id]
    return {
        "id": node.id,
        "state": state.name,
        "reasons": list(state.reasons),
        "record": vars(record) if record else None,
        "inputs": [_as_json(plan, parent) for parent in plan.graph.parents(node)],
    }


def _record(plan: Plan, node: Node) -> Record | None:
    try:
        return read_record(plan.project.path(node.record))
    except (OSError, UnreadableRecord):
        return None

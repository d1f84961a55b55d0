"""``reprise trace TARGET``: where a claim, figure, table, run or data set comes from."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text
from rich.tree import Tree

from reprise.cli.output import console as open_console
from reprise.cli.output import dumped, plain, show_line, write_page
from reprise.cli.target import Opened, also_called, open_target
from reprise.graph.build import Graph, build
from reprise.graph.nodes import Node, ranges
from reprise.plotting.numbers import percent
from reprise.project import find_project
from reprise.report.model import Step
from reprise.report.text import duration
from reprise.report.trace import Trace, facts, trace
from reprise.specs.claims import SYMBOL
from reprise.specs.load import Config

SCHEMA = 2
"""2: a list of steps, each once, with claims and deviations; before, nodes in nodes."""
_DIGEST = 12


def show_trace(
    wanted: str, scale: str | None, folder: Path | None, page: Path | None, as_json: bool
) -> int:
    """The verb; the exit code is that of the worst state in the lineage; raises ConfigError."""
    project = find_project()
    opened = open_target(project, wanted, scale, folder)
    traced = trace(opened.audit, opened.inventory, opened.target, _defaults(opened.graph))
    where = opened.audit.name(project.root)
    if page is not None:
        from reprise.report.html import build_trace

        write_page(page, build_trace(traced, where))
    if as_json:
        print(dumped(_as_json(traced, where, opened)))
    else:
        show(traced, _notes(opened, where), open_console())
    return traced.exit_code


def show(traced: Trace, notes: list[str], console: Console) -> None:
    """Print what it is, what it was made from, and where the replication differs from its paper."""
    show_line(f"{traced.target.short} ({traced.target.kind})", console, "bold")
    for note in notes:
        show_line(note, console, "yellow")
    for name, text in facts(traced):
        show_line(f"{name:11} {text}", console)
    if traced.claims and traced.target.kind != "claim":
        show_line(f"Claims ({len(traced.claims)})", console, "bold")
    for claim in traced.claims if traced.target.kind != "claim" else ():
        mark = SYMBOL.get(claim.verdict, claim.verdict)
        seeds = f"; seeds {claim.networks}" if claim.seeds else ""
        measured = f"{claim.measured}, asked {claim.required}{seeds}"
        show_line(f"  {mark} {claim.name}: {measured}", console)
    show_line("Lineage", console, "bold")
    seen: set[str] = set()
    for name in traced.target.nodes:
        console.print(_tree(traced, name, seen))
    if traced.deviations:
        many = len(traced.deviations)
        show_line(f"Deviations of {traced.target.paper} from its paper ({many})", console, "bold")
    for deviation in traced.deviations:
        show_line(f"  {deviation.setting}: {deviation.paper} -> {deviation.ours}", console)


def _defaults(graph: Graph) -> Mapping[str, Node]:
    """The nodes as the papers' files have them, whatever the user chose."""
    usual = Config(scale=graph.config.scale, papers=graph.config.papers)
    return graph.nodes if graph.config == usual else build(usual).nodes


def _notes(opened: Opened, where: str) -> list[str]:
    notes = []
    if opened.copy:
        notes.append(f"nothing of it was made here yet: this is the published copy, {where}")
    elif not opened.recorded:
        notes.append(f"never made in {where}: this is how it would be made")
    if others := also_called(opened.audit.judged.nodes, opened.target):
        notes.append(f"also called so: {', '.join(others)}")
    return notes


def _tree(traced: Trace, name: str, seen: set[str]) -> Tree:
    step = traced.steps[name]
    why = f"  ({'; '.join(step.state.reasons[:2])})" if step.state.reasons else ""
    took = f"  {duration(step.seconds)}" if step.record else ""
    tree = Tree(Text.assemble((plain(name), "bold"), plain(f"  [{step.state.name}]{why}{took}")))
    if name in seen:
        tree.add("(shown above)", style="dim")
        return tree
    seen.add(name)
    for line in _details(step):
        tree.add(Text(plain(line)), style="dim")
    for parent in step.inputs:
        tree.add(_tree(traced, parent, seen))
    for path, digest in step.files.items():
        tree.add(Text(plain(f"{path}  sha256 {str(digest)[:_DIGEST]}")))
    return tree


def _details(step: Step) -> Iterator[str]:
    """Parameters, seeds, speed and digests of one step."""
    try:
        known = [*parameters(step), *(speed(step.record.execution) if step.record else ())]
    except (LookupError, TypeError, ValueError, AttributeError):
        known = ["its parameters are of a shape that this version does not know"]
    yield from known
    if step.record is None:
        return
    outputs = (f"{name} sha256 {d[:_DIGEST]}" for name, d in step.record.outputs.items())
    yield f"fingerprint {step.fingerprint[:_DIGEST]}; {', '.join(outputs)}"


def parameters(step: Step) -> Iterator[str]:
    """What the spec of a run, a data set or a table says, and the seeds."""
    run = step.spec.get("run") if step.kind == "run" else None
    if isinstance(run, dict):
        for part in ("task", "model", "optimizer"):
            yield f"{part} {_listed(run.get(part, {}), part)}"
        yield f"{run.get('steps')} steps, {run.get('dtype')}"
    elif params := step.spec.get("params"):
        yield _listed(params)
    if step.seeds and step.kind in ("run", "dataset"):
        yield f"seeds {ranges(step.seeds)}{_grid(step.spec.get('members', ()))}"
    if step.changed:
        yield f"not as in paper.yaml: {'; '.join(step.changed)}"


def _listed(values: dict[str, Any], path: str = "") -> str:
    """``name: a=1, b.c=2``."""
    flat = [(k, v) for k, v in values.items() if k != "name" or not path]
    inner = [(f"{k}.{i}", w) for k, v in flat if isinstance(v, dict) for i, w in v.items()]
    shown = [*((k, v) for k, v in flat if not isinstance(v, dict)), *inner]
    name = f"{values.get('name')}: " if path else ""
    return f"{name}{', '.join(f'{k}={v}' for k, v in shown)}"


def _grid(members: Sequence[dict[str, Any]]) -> str:
    """In which parameters the networks of a job differ, besides their seeds."""
    axes = {name for member in members for name in member} - {"seed"}
    values = {axis: dict.fromkeys(str(m.get(axis)) for m in members) for axis in sorted(axes)}
    listed = [f"{axis} {', '.join(v)}" for axis, v in values.items() if len(v) > 1]
    return f"; {len(members)} networks by {'; '.join(listed)}" if listed else ""


def speed(execution: dict[str, Any]) -> Iterator[str]:
    """Arithmetic and speed of a training; records of earlier versions do not hold them."""
    if arithmetic := execution.get("numerics"):
        how = ", emulated" if arithmetic["emulated"] else ""
        kernels = "deterministic" if arithmetic["deterministic"] else "any"
        precision = arithmetic["matmul_precision"]
        yield f"numerics {arithmetic['profile']}{how}: products {precision}, {kernels} kernels"
    if best := execution.get("peak_flops_per_s"):
        yield (
            f"{execution['flops']:.3g} operations at {execution['flops_per_s'] / 1e9:.3g} GFLOP/s, "
            f"{percent(execution['utilisation'])} of the device's measured peak ({best / 1e9:.3g})"
        )


def _as_json(traced: Trace, where: str, opened: Opened) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "exit_code": traced.exit_code,
        "target": {"kind": traced.target.kind, "id": traced.target.id},
        "tree": where,
        "published_copy": opened.copy,
        "release": vars(traced.audit.release) if traced.audit.release else None,
        "facts": dict(facts(traced)),
        "claims": [claim.as_json() for claim in traced.claims],
        "steps": [step.as_json() for step in traced.steps.values()],
        "deviations": [vars(deviation) for deviation in traced.deviations],
    }

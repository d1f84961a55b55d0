"""``reprise export crate [TREE]``: the audit trail in a format that others read."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reprise.specs.errors import ConfigError

if TYPE_CHECKING:
    from reprise.records.state import State
    from reprise.records.tree import Tree

export_app = typer.Typer(no_args_is_help=True, help="Write the records in a format of others.")

_SHOWN, _REASONS = 5, 3
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@export_app.command()
def crate(
    tree: Annotated[
        Path | None, typer.Argument(help="A result tree, e.g. results/published/cpu; default own.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A new folder, or a file FILE.zip.")
    ] = None,
    papers: Annotated[
        list[str] | None, typer.Option("--paper", "-p", help="Only this paper; repeat for several.")
    ] = None,
    agent: Annotated[
        str | None, typer.Option("--agent", help="Who ran it; said nowhere if left out.")
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", help="Default: day of the newest recorded commit.")
    ] = None,
) -> None:
    """Write a Workflow Run RO-Crate; exit 3 or 4 if a result is not current."""
    if date is not None and not _DATE.fullmatch(date):
        raise ConfigError(f"--date {date!r} is not of the form 2026-01-31")
    chosen = {"papers": papers} if papers else {}
    raise typer.Exit(export_crate(tree, out, chosen, agent, date))


def export_crate(
    place: Path | None,
    out: Path | None,
    overlay: Mapping[str, Any],
    agent: str | None,
    date: str | None,
) -> int:
    """Write the crate, unless it would name a place on this machine; the exit code.

    Raises:
        ConfigError: wrong use.
    """
    from reprise.audit.crate import NotACrate, describe, leaks, newest_commit, write
    from reprise.audit.verify import find_tree
    from reprise.graph.build import build
    from reprise.project import find_project
    from reprise.records.record import read_record
    from reprise.records.state import TAMPERED, exit_code, states
    from reprise.records.tree import BadLock, Tree
    from reprise.specs.load import load_config

    project = find_project()
    scale, foreign = find_tree(project.root, place, None)
    graph = build(load_config(project.config, {**overlay, **({"scale": scale} if scale else {})}))
    tree = foreign or Tree.own(project.root, graph.config.scale)
    try:
        found = states(graph, tree)
    except BadLock as error:
        print(error, file=sys.stderr)
        return TAMPERED
    if code := exit_code(found.values()):
        _explain(found, tree)
        return code
    records = [read_record(tree.path(node.record)) for node in graph.nodes.values()]
    day = date or newest_commit(project.root, records)
    if day is None:
        raise ConfigError("git knows none of the recorded commits: say --date 2026-01-31")
    results = project.root / "results"
    inside = tree.folder.is_relative_to(results)
    name = tree.folder.relative_to(results) if inside else tree.folder.name
    target = out or project.cache / "crate" / name
    described = describe(project.root, graph, tree, day, agent)
    if found_leaks := leaks(described):
        print("not exported:", *found_leaks, sep="\n  ", file=sys.stderr)
        return 1
    try:
        write(described, target)
    except NotACrate as error:
        raise ConfigError(str(error)) from error
    absent = sum(1 for entity in described.get_entities() if "creativeWorkStatus" in entity)
    print(
        f"{target}: {len(described.data_entities)} files, "
        f"{len(list(described.get_entities()))} entities, {absent} outputs by digest only"
    )
    return 0


def _explain(found: Mapping[str, "State"], tree: "Tree") -> None:
    from reprise.records.release import BadRelease, read_release

    invalid = {node: state for node, state in found.items() if not state.valid}
    print("not exported: some results are not current (see 'reprise status')", file=sys.stderr)
    for node, state in list(invalid.items())[:_SHOWN]:
        why = "; ".join(state.reasons[:_REASONS])
        print(f"  {node}  {state.name}: {why}", file=sys.stderr)
    if len(invalid) > _SHOWN:
        print(f"  and {len(invalid) - _SHOWN} more", file=sys.stderr)
    try:
        release = read_release(tree)
    except BadRelease:
        return
    if release:
        print(f"the code of its release can export it: {release}", file=sys.stderr)

"""``reprise export crate|tables [TREE]``: records and tables in formats that others read."""

import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from reprise.cli.options import Papers, overlay
from reprise.specs.errors import ConfigError, few

if TYPE_CHECKING:
    from reprise.records.state import State
    from reprise.records.tree import Tree

export_app = typer.Typer(no_args_is_help=True, help="Write records or tables for other tools.")

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
    papers: Papers = None,
    agent: Annotated[
        str | None, typer.Option("--agent", help="Who ran it; said nowhere if left out.")
    ] = None,
    date: Annotated[
        str | None, typer.Option("--date", help="Default: day of the newest recorded commit.")
    ] = None,
) -> None:
    """Write a Workflow Run RO-Crate; exit 3 or 4 if a result is not current."""
    raise typer.Exit(export_crate(tree, out, papers, agent, date))


@export_app.command()
def tables(
    tree: Annotated[
        Path | None, typer.Argument(help="A result tree, e.g. results/published/cpu; default own.")
    ] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A new folder.")] = None,
) -> None:
    """Write every table and verdict as CSV, and what each column holds, in which unit."""
    raise typer.Exit(export_tables(tree, out))


def export_tables(place: Path | None, out: Path | None = None) -> int:
    """Write the tables of a tree with their data dictionary; the exit code.

    Raises:
        ConfigError: wrong use, or a column has no meaning.
    """
    from reprise.api import open_results
    from reprise.cli.data_package import write
    from reprise.project import find_project
    from reprise.records.record import UnreadableRecord
    from reprise.records.state import TAMPERED
    from reprise.specs.load import load_config
    from reprise.storage.tensors import DamagedFile

    project = find_project()
    results = open_results(place or f"results/{load_config(project.config).scale}")
    target = out or project.cache / "tables" / results.folder.name
    try:
        count = write(results, target)
    except (DamagedFile, UnreadableRecord, OSError) as error:
        print(f"not exported: {error}", file=sys.stderr)
        return TAMPERED
    print(f"{target}: {count} tables, columns.csv, datapackage.json")
    return 0


def export_crate(
    place: Path | None,
    out: Path | None = None,
    papers: list[str] | None = None,
    agent: str | None = None,
    date: str | None = None,
) -> int:
    """Write the crate, unless it would name a place on this machine; the exit code.

    Raises:
        ConfigError: wrong use.
    """
    from reprise.audit.crate import describe, leaks, newest_commit, write
    from reprise.audit.verify import open_tree
    from reprise.project import find_project
    from reprise.records.record import read_record
    from reprise.records.state import TAMPERED, exit_code, states
    from reprise.records.tree import BadLock

    if date is not None and not _DATE.fullmatch(date):
        raise ConfigError(f"--date {date!r} is not of the form 2026-01-31")
    project = find_project()
    graph, tree = open_tree(project, place, overlay(papers, None))
    try:
        found = states(graph, tree)
    except BadLock as error:
        print(error, file=sys.stderr)
        return TAMPERED
    if code := exit_code(found.values()):
        _explain(found, tree)
        return code
    day = date or newest_commit(
        project.root, [read_record(tree.path(node.record)) for node in graph.nodes.values()]
    )
    if day is None:
        raise ConfigError("git knows none of the recorded commits: say --date 2026-01-31")
    described = describe(project.root, graph, tree, day, agent)
    if found_leaks := leaks(described):
        print("not exported:", *found_leaks, sep="\n  ", file=sys.stderr)
        return 1
    results = project.root / "results"
    inside = tree.folder.is_relative_to(results)
    name = tree.folder.relative_to(results) if inside else tree.folder.name
    target = out or project.cache / "crate" / name
    write(described, target)
    entities = list(described.get_entities())
    absent = sum("creativeWorkStatus" in entity for entity in entities)
    print(
        f"{target}: {len(described.data_entities)} files, {len(entities)} entities, "
        f"{absent} outputs by digest only"
    )
    return 0


def _explain(found: Mapping[str, "State"], tree: "Tree") -> None:
    from reprise.records.tree import BadRelease, read_release

    invalid = {node: state for node, state in found.items() if not state.valid}
    print("not exported: some results are not current (see 'reprise status')", file=sys.stderr)
    told = [f"{i}  {s.name}: {'; '.join(s.reasons[:_REASONS])}" for i, s in invalid.items()]
    print(*(f"  {line}" for line in few(told, _SHOWN)), sep="\n", file=sys.stderr)
    try:
        release = read_release(tree)
    except BadRelease:
        return
    if release:
        print(f"the code of its release can export it: {release}", file=sys.stderr)

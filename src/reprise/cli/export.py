"""``reprise export crate|tables [TREE]``: records and tables in formats that others read."""

import io
import re
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from reprise.api import Results, described, open_results
from reprise.audit import crate
from reprise.audit.verify import open_tree
from reprise.project import find_project
from reprise.records.record import UnreadableRecord, read_record
from reprise.records.state import TAMPERED, State, exit_code, states
from reprise.records.tree import BadLock, BadRelease, Tree, read_release
from reprise.results import csv_bytes, parse_csv
from reprise.specs.errors import ConfigError, few, refuse_unknown
from reprise.specs.load import load_config
from reprise.storage.atomic import replacing, write_bytes
from reprise.storage.tensors import DamagedFile

_STATES, _REASONS, _FAULTS = 5, 3, 10
"""How many are named."""
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_DICTIONARY = "columns.csv"


def export_crate(
    place: Path | None,
    out: Path | None = None,
    chosen: Mapping[str, Any] = {},
    agent: str | None = None,
    date: str | None = None,
) -> int:
    """Write the crate, unless it would name a place on this machine; the exit code.

    Raises:
        ConfigError: wrong use.
    """
    if date is not None and not _DATE.fullmatch(date):
        raise ConfigError(f"--date {date!r} is not of the form 2026-01-31")
    project = find_project()
    graph, tree = open_tree(project, place, chosen)
    found = states(graph, tree)
    if code := exit_code(found.values()):
        _explain(found, tree)
        return code
    records = [read_record(tree.path(node.record)) for node in graph.nodes.values()]
    day = date or crate.newest_commit(project.root, records)
    if day is None:
        raise ConfigError("git knows none of the recorded commits: say --date 2026-01-31")
    description = crate.describe(project.root, graph, tree, day, agent)
    if leaks := crate.leaks(description):
        print("not exported:", *leaks, sep="\n  ", file=sys.stderr)
        return 1
    results = project.root / "results"
    inside = tree.folder.is_relative_to(results)
    name = tree.folder.relative_to(results) if inside else tree.folder.name
    target = out or project.cache / "crate" / name
    crate.write(description, target)
    entities = list(description.get_entities())
    absent = sum("creativeWorkStatus" in entity for entity in entities)
    print(
        f"{target}: {len(description.data_entities)} files, {len(entities)} entities, "
        f"{absent} outputs by digest only"
    )
    return 0


def _explain(found: Mapping[str, State], tree: Tree) -> None:
    invalid = {node: state for node, state in found.items() if not state.valid}
    print("not exported: some results are not current (see 'reprise status')", file=sys.stderr)
    told = [f"{i}  {s.name}: {'; '.join(s.reasons[:_REASONS])}" for i, s in invalid.items()]
    print(*(f"  {line}" for line in few(told, _STATES)), sep="\n", file=sys.stderr)
    with suppress(BadLock, BadRelease):
        if release := read_release(tree):
            print(f"the code of its release can export it: {release}", file=sys.stderr)


def export_tables(
    place: Path | None,
    out: Path | None = None,
    papers: Collection[str] = (),
    scale: str | None = None,
) -> int:
    """Write the tables of a tree, all or of ``papers``, with a data dictionary; the exit code.

    Raises:
        ConfigError: wrong use, or a column has no meaning.
    """
    project = find_project()
    config = load_config(project.config, {"scale": scale} if scale else None)
    results = open_results(place or f"results/{config.scale}")
    if scale not in (None, results.scale):
        raise ConfigError(f"--scale {scale}: {results.folder} is of scale {results.scale}")
    for paper in papers:
        refuse_unknown(paper, results.papers, f"--paper: {results.folder} has no paper {paper!r}")
    target = out or project.cache / "tables" / results.folder.name
    ours = not target.exists() or (target / _DICTIONARY).is_file()
    if not ours and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"{target} holds something else than exported tables; choose another")
    try:
        count = _write_tables(results, target, papers or results.papers)
    except (DamagedFile, UnreadableRecord, OSError) as error:
        print(f"not exported: {error}", file=sys.stderr)
        return TAMPERED
    print(f"{target}: {count} tables, {_DICTIONARY}")
    return 0


def _write_tables(results: Results, target: Path, papers: Collection[str]) -> int:
    """How many there are; raises ConfigError with all that has no meaning."""
    chosen = [name for name in results.tables if name.partition("/")[0] in papers]
    content = {name: results.csv(name) for name in chosen}
    frames = {name: parse_csv(io.BytesIO(data)) for name, data in content.items()}
    claims = results.claims()
    frames["verdicts"] = claims[claims["paper"].isin(list(papers))]
    content["verdicts"] = csv_bytes(frames["verdicts"])
    columns, faults = [], []
    for name, frame in frames.items():
        paper, _, table = name.rpartition("/")
        try:
            columns.append(described(frame, paper or results.papers[0], table).assign(table=name))
        except ConfigError as error:
            faults += str(error).splitlines()
    if faults:
        raise ConfigError("\n".join(few(faults, _FAULTS)))
    content["columns"] = csv_bytes(pd.concat(columns)[["table", "column", "unit", "meaning"]])
    with replacing(target) as folder:
        for name, data in content.items():
            write_bytes(folder / f"{name}.csv", data, durable=False)
    return len(frames)

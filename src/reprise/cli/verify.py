"""``reprise verify [TREE]``: prove from content that nothing is stale, tampered or missing."""

import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from reprise.cli.output import dumped, show_line
from reprise.cli.status import described, show_counts, show_reasons
from reprise.graph.build import Graph, build
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.provenance.audit import Audit, Initial, audit
from reprise.provenance.inventory import no_tree, take_inventory
from reprise.provenance.receipt import private_key, signed, statement, tree_name
from reprise.provenance.state import STALE, TAMPERED
from reprise.provenance.trees import Tree
from reprise.specs.errors import ConfigError
from reprise.specs.load import load_config
from reprise.storage.atomic import write_json

SCHEMA = 1
_UNCLAIMED_SHOWN = 10
_STYLES = {0: "green", STALE: "yellow", TAMPERED: "bold red"}


@dataclass(frozen=True)
class Options:
    """What the user chose."""

    papers: tuple[str, ...] = ()
    scale: str | None = None
    json: bool = False
    receipt: Path | None = None
    """Where the receipt goes, instead of the cache."""
    sign: Path | None = None
    """Private key, PEM."""
    deep: bool = False


@dataclass(frozen=True)
class Written:
    """A receipt's fate."""

    path: Path | None
    problem: str = ""


def verify(project: Project, folder: Path | None, options: Options, console: Console) -> int:
    """The verb; returns the exit code.

    Raises:
        ConfigError: no such tree, no such scale, or a key or receipt that cannot be used.
    """
    began = time.perf_counter()
    key = private_key(options.sign) if options.sign else None
    scale, foreign = _tree(project, folder, options)
    chosen = {"scale": scale, "papers": list(options.papers)}
    config = load_config(project.config, {name: value for name, value in chosen.items() if value})
    tree = foreign or Tree.own(project.root, config.scale)
    _refuse_inside(tree, options.receipt)
    graph = build(config)
    found = audit(graph, tree, options.papers, _initial(project) if options.deep else None)
    written = _write(project, found, options, key)
    seconds = time.perf_counter() - began
    if options.json:
        print(dumped(_as_json(found, project, written, seconds)))
    else:
        show(found, graph, tree_name(found, project.root), console)
        show_line(f"{found.verdict}, in {seconds:.1f} s", console, _STYLES[found.exit_code])
        if written.path:
            show_line(f"receipt {_near(written.path, project)}", console)
    if written.problem:
        print(written.problem, file=sys.stderr)
    return found.exit_code or (1 if written.problem and options.receipt else 0)


def show(found: Audit, graph: Graph, title: str, console: Console) -> None:
    """Print counts, every fault with its place, and what was not looked at."""
    show_counts(f"{title}, scale {found.scale}", graph, found.nodes, console)
    show_reasons(found.faults, console, never_made=True)
    if found.withheld:
        files = sum(map(len, found.withheld.values()))
        show_line(
            f"{'withheld':12} {files} checkpoint files of {len(found.withheld)} nodes are not in "
            "this tree; their digests are in the records",
            console,
        )
    for note, count in Counter(found.notes.values()).items():
        show_line(f"{'note':12} {count} runs: {note}", console)
    for name in found.unclaimed[:_UNCLAIMED_SHOWN]:
        show_line(f"{'unclaimed':12} {name}", console, "dim")
    if len(found.unclaimed) > _UNCLAIMED_SHOWN:
        rest = len(found.unclaimed) - _UNCLAIMED_SHOWN
        show_line(f"{'unclaimed':12} and {rest} more files that no node claims", console, "dim")


def _tree(
    project: Project, folder: Path | None, options: Options
) -> tuple[str | None, Tree | None]:
    """Scale (None: the config's) and tree (None: the project's own) that are meant."""
    if folder is None:
        return options.scale, None
    if not folder.is_dir():
        raise no_tree(folder)
    home = project.root / "results"
    if folder.resolve().parent == home.resolve() and folder.name != "published":
        _agree(folder.name, options.scale, folder)
        return folder.name, None
    inventory = take_inventory(folder)
    scales = sorted(inventory.scales)
    if len(scales) > 1:
        which = {str(e.record.node.get("scale")): e.id for e in inventory.entries.values()}
        examples = ", ".join(f"{scale} ({which[scale]})" for scale in scales)
        raise ConfigError(f"{folder}: its records are of several scales: {examples}")
    if scales:
        _agree(scales[0], options.scale, folder)
    elif options.scale is None:
        raise ConfigError(f"{folder}: no readable record says its scale; give --scale")
    return options.scale or scales[0], Tree(folder.resolve())


def _agree(found: str, asked: str | None, folder: Path) -> None:
    if asked not in (None, found):
        raise ConfigError(f"--scale {asked}: {folder} is of scale {found}")


def _refuse_inside(tree: Tree, receipt: Path | None) -> None:
    if receipt and receipt.resolve().is_relative_to(tree.folder.resolve()):
        raise ConfigError(f"--receipt {receipt}: lies in the tree, and verify changes no tree")


def _initial(project: Project) -> Initial:
    from reprise.execution.initial import initial_digests

    def computed(node: Node) -> list[str]:
        print(f"initialising {node.id} again", file=sys.stderr)
        return initial_digests(node, project.cache)

    return computed


def _write(project: Project, found: Audit, options: Options, key: Any) -> Written:
    now = datetime.now(UTC)
    content = statement(found, project.root, now, options.deep)
    name = f"{now:%Y%m%dT%H%M%SZ}-{found.digest[:12]}.json"
    path = options.receipt or project.cache / "receipts" / name
    try:
        write_json(path, signed(content, key) if key else content)
    except OSError as error:
        return Written(None, f"no receipt was written: {path}: {error.strerror}")
    return Written(path)


def _near(path: Path, project: Project) -> Path:
    return path.relative_to(project.root) if path.is_relative_to(project.root) else path


def _as_json(found: Audit, project: Project, written: Written, seconds: float) -> dict[str, Any]:
    return {
        "schema": SCHEMA,
        "exit_code": found.exit_code,
        "verdict": found.verdict,
        "tree": tree_name(found, project.root),
        "digest": found.digest,
        "scale": found.scale,
        "counts": dict(found.counts),
        "nodes": described(found.nodes),
        "files": described(found.files),
        "withheld": found.withheld,
        "unclaimed": found.unclaimed,
        "notes": found.notes,
        "receipt": str(written.path) if written.path else None,
        "seconds": round(seconds, 3),
    }

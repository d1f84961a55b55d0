"""``reprise verify [TREE]``: prove from content that nothing is stale, tampered or missing."""

import json
import sys
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from reprise.audit.receipt import sign, signature_file, ssh_keygen, statement, summary
from reprise.audit.verify import Audit, Initial, audit, find_tree
from reprise.cli.output import dumped, show_line
from reprise.cli.status import described, show_counts, show_reasons
from reprise.graph.build import build
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.records.state import STALE, TAMPERED
from reprise.records.tree import Tree
from reprise.specs.errors import ConfigError
from reprise.specs.load import load_config
from reprise.storage.atomic import write_bytes

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
    """Private key of OpenSSH."""
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
    if options.sign:
        _refuse_key(options.sign)
    scale, foreign = find_tree(project.root, folder, options.scale)
    chosen = {"scale": scale, "papers": list(options.papers)}
    config = load_config(project.config, {name: value for name, value in chosen.items() if value})
    tree = foreign or Tree.own(project.root, config.scale)
    _refuse_inside(tree, options.receipt)
    found = audit(build(config), tree, options.papers, _initial(project) if options.deep else None)
    written = _write(project, found, options)
    seconds = time.perf_counter() - began
    if options.json:
        print(dumped(_as_json(found, project, written, seconds)))
    else:
        show(found, found.name(project.root), console)
        show_line(f"{found.verdict}, in {seconds:.1f} s", console, _STYLES[found.exit_code])
        if written.path:
            show_line(f"receipt {_near(written.path, project)}", console)
    if written.problem:
        print(written.problem, file=sys.stderr)
    return found.exit_code or (1 if written.problem and options.receipt else 0)


def show(found: Audit, title: str, console: Console) -> None:
    """Print counts, every fault with its place, and what was not looked at."""
    show_counts(f"{title}, scale {found.scale}", found.judged, found.nodes, console)
    show_reasons(found.faults, console, never_made=True)
    if found.release:
        show_line(made_by(found), console)
    if files := sum(map(len, found.withheld.values())):
        what = "checkpoint is" if files == 1 else "checkpoints are"
        show_line(f"{files} {what} not shipped, so training itself is not checked", console)
    for note, count in Counter(found.notes.values()).items():
        show_line(f"{'note':12} {count} runs: {note}", console)
    for name in found.unclaimed[:_UNCLAIMED_SHOWN]:
        show_line(f"{'unclaimed':12} {name}", console, "dim")
    if len(found.unclaimed) > _UNCLAIMED_SHOWN:
        rest = len(found.unclaimed) - _UNCLAIMED_SHOWN
        show_line(f"{'unclaimed':12} and {rest} more files that no node claims", console, "dim")


def made_by(found: Audit) -> str:
    """Which release made a published tree, and what of it the code at hand would make again."""
    again = f"{found.again} node{'' if found.again == 1 else 's'}" if found.again else "nothing"
    return f"Made by {found.release}; with the code at hand {again} would be made again."


def _refuse_key(key: Path) -> None:
    """Before anything slow is done."""
    if not key.is_file():
        raise ConfigError(f"--sign {key}: no such file")
    ssh_keygen("-?")


def _refuse_inside(tree: Tree, receipt: Path | None) -> None:
    if receipt and receipt.resolve().is_relative_to(tree.folder.resolve()):
        raise ConfigError(f"--receipt {receipt}: lies in the tree, and verify changes no tree")


def _initial(project: Project) -> Initial:
    from reprise.jobs.train import initial_digests

    def computed(node: Node) -> list[str]:
        print(f"initialising {node.id} again", file=sys.stderr)
        return initial_digests(node, project.cache)

    return computed


def _write(project: Project, found: Audit, options: Options) -> Written:
    now = datetime.now(UTC)
    content = statement(found, project.root, now, options.deep)
    data = (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()
    signature = sign(data, options.sign) if options.sign else None
    name = f"{now:%Y%m%dT%H%M%SZ}-{found.digest[:12]}.json"
    path = options.receipt or project.cache / "receipts" / name
    try:
        signature_file(path).unlink(missing_ok=True)
        write_bytes(path, data)
        if signature:
            write_bytes(signature_file(path), signature)
    except OSError as error:
        return Written(None, f"no receipt was written: {path}: {error.strerror}")
    return Written(path)


def _near(path: Path, project: Project) -> Path:
    return path.relative_to(project.root) if path.is_relative_to(project.root) else path


def _as_json(found: Audit, project: Project, written: Written, seconds: float) -> dict[str, Any]:
    return {
        **summary(found),
        "tree": found.name(project.root),
        "digest": found.digest,
        "nodes": described(found.nodes),
        "files": described(found.files),
        "receipt": str(written.path) if written.path else None,
        "seconds": round(seconds, 3),
    }

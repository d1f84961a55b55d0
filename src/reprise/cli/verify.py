"""``reprise verify [TREE]``: prove from content that nothing is stale, tampered or missing.

It leaves a receipt, which ``reprise receipt FILE`` shows and checks.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from reprise.audit.receipt import (
    PREDICATE,
    check_signature,
    sign,
    signature_file,
    ssh_keygen,
    statement,
    summary,
)
from reprise.audit.verify import EARLIER_RULES, Audit, Initial, audit, open_tree
from reprise.cli.output import dumped, show_line
from reprise.cli.status import NEVER_MADE, described, nothing_yet, show_counts, show_reasons
from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.records.record import LIMIT
from reprise.records.state import STALE, TAMPERED, State
from reprise.records.tree import Tree
from reprise.report.text import plural
from reprise.specs.errors import ConfigError, few, suggest
from reprise.storage.atomic import write_bytes

_UNCLAIMED_SHOWN = 10
_NAMED = 5
_ALARM = "bold red"
_STYLES = {0: "green", STALE: "yellow", TAMPERED: _ALARM}
_SAYS = {
    "unsigned": "unsigned",
    "not checked": "signed, not checked (give the public key with --key)",
    "valid": "signed by this key",
    "wrong": "NOT signed by this key, or altered since",
}


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


def verify(project: Project, folder: Path | None, options: Options, console: Console) -> int:
    """The verb; returns the exit code.

    Raises:
        ConfigError: no such tree, no such scale, or a key or receipt that cannot be used.
    """
    began = time.perf_counter()
    if options.sign:
        _refuse_key(options.sign)
    chosen = {"scale": options.scale, "papers": list(options.papers)}
    graph, tree = open_tree(project, folder, {k: value for k, value in chosen.items() if value})
    _refuse_inside(tree, options.receipt)
    found = audit(graph, tree, options.papers, _initial(project) if options.deep else None)
    found = found if options.papers else _with_readmes(project, graph, found)
    path = _write_receipt(project, found, options)
    seconds = time.perf_counter() - began
    if options.json:
        print(dumped(_as_json(found, project, path, seconds)))
    elif found.tree.home and all(s.reasons == NEVER_MADE for s in found.nodes.values()):
        show_line(nothing_yet(project, found.scale), console, _STYLES[found.exit_code])
    else:
        show(found, found.name(project.root), console)
        show_line(f"{found.verdict}, in {seconds:.1f} s", console, _STYLES[found.exit_code])
        if path:
            inside = path.is_relative_to(project.root)
            show_line(f"receipt {path.relative_to(project.root) if inside else path}", console)
    return found.exit_code or (1 if path is None and options.receipt else 0)


def _with_readmes(project: Project, graph: Graph, found: Audit) -> Audit:
    """``found``, but a README that says other verdicts than the whole published tree is tampered.

    Verdicts by an earlier release's rules are told in words that are not today's: left out.
    """
    own = found.tree.folder == project.path(f"results/published/{found.scale}").resolve()
    if not own or found.exit_code or EARLIER_RULES in found.notes.values():
        return found
    from reprise.report.readme import readme_faults

    states = {
        page.relative_to(project.root).as_posix(): State(
            "tampered", (f"the published verdicts do not say: {line}",)
        )
        for page, line in readme_faults(project, graph.papers, found.scale).items()
    }
    return replace(found, files={**found.files, **states})


def show_receipt(file: Path, key: Path | None, as_json: bool, console: Console) -> int:
    """Print the receipt; 4 if it is unreadable, or ``key`` is given and did not sign it, else 0.

    Raises:
        ConfigError: there is no such file, ``key`` is no public key, or OpenSSH is missing.
    """
    if not file.is_file():
        near = suggest(file.name, [path.name for path in file.parent.glob("*.json")])
        raise ConfigError(f"{file}: no such file{near}")
    try:
        if file.stat().st_size > LIMIT:
            raise ValueError(f"larger than {LIMIT >> 20} MB")
        statement = json.loads(file.read_bytes())
        lines = list(_lines(statement))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        show_line(f"{file}: not a receipt: {type(error).__name__}: {error}", console, _ALARM)
        return TAMPERED
    signature = check_signature(file, key)
    code = TAMPERED if key and signature != "valid" else 0
    if as_json:
        content = {"signature": signature, "statement": statement}
        print(dumped({"schema": 1, "exit_code": code, **content}))
        return code
    for line in lines:
        show_line(line, console)
    show_line(f"{'signature':12} {_SAYS[signature]}", console, _ALARM if code else "")
    return code


def show(found: Audit, title: str, console: Console) -> None:
    """Print counts, every fault with its place, and what was not looked at."""
    show_counts(f"{title}, scale {found.scale}", found.judged, found.nodes, console)
    show_reasons(found.faults, console, never_made=True)
    if found.release:
        show_line(made_by(found), console)
    if found.changed_rules:
        show_line(_other_rules(found.changed_rules), console)
    if files := sum(map(len, found.withheld.values())):
        what = "checkpoint is" if files == 1 else "checkpoints are"
        show_line(f"{files} {what} not shipped, so training itself is not checked", console)
    for note, count in Counter(found.notes.values()).items():
        show_line(f"{'note':12} {plural(count, 'node')}: {note}", console)
    for name in few(found.unclaimed, _UNCLAIMED_SHOWN, "more files that no node claims"):
        show_line(f"{'unclaimed':12} {name}", console, "dim")


def _other_rules(changed: Mapping[str, str]) -> str:
    claims = few([f"{claim} ({what})" for claim, what in changed.items()], _NAMED)
    return f"Rules that are others than when claims were judged: {', '.join(claims)}"


def made_by(found: Audit) -> str:
    """Which release made a published tree, and what of it the code at hand would make again."""
    again = plural(found.again, "node") if found.again else "nothing"
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


def _write_receipt(project: Project, found: Audit, options: Options) -> Path | None:
    """The path of the receipt; None, and a message, where it cannot be written."""
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
        print(f"no receipt was written: {path}: {error.strerror}", file=sys.stderr)
        return None
    return path


def _as_json(
    found: Audit, project: Project, receipt: Path | None, seconds: float
) -> dict[str, Any]:
    return {
        **summary(found),
        "tree": found.name(project.root),
        "digest": found.digest,
        "nodes": described(found.nodes),
        "files": described(found.files),
        "receipt": str(receipt) if receipt else None,
        "seconds": round(seconds, 3),
    }


def _lines(statement: Any) -> Iterator[str]:
    """What a receipt says; raises whatever another kind of JSON leads to."""
    if statement["predicateType"] != PREDICATE:
        raise ValueError(f"of type {statement['predicateType']!r}")
    (tree,), found = statement["subject"], statement["predicate"]
    counts = ", ".join(f"{count} {state}" for state, count in found["counts"].items())
    yield f"{'verdict':12} {found['verdict']} (exit code {found['exit_code']})"
    yield f"{'tree':12} {tree['name']}, scale {found['scale']}, sha256 {tree['digest']['sha256']}"
    yield f"{'nodes':12} {counts}"
    yield f"{'verified':12} {found['time']}, commit {found['commit']['sha'] or 'unknown'}"
    for node, fault in found["faults"].items():
        yield f"{fault['state']:12} {node}  {'; '.join(fault['reasons'])}"

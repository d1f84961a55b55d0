"""``reprise verify [TREE]``: prove from content that nothing is stale, tampered or missing.

It leaves a receipt: what was found, as an in-toto statement. Unsigned that is a note to oneself;
signed by OpenSSH it tells everybody who has the public key who found it.
"""

import json
import platform
import shutil
import subprocess
import sys
import time
from collections import Counter
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from rich.console import Console

from reprise.audit.checkpoints import Initial
from reprise.audit.verify import Audit, audit, open_tree
from reprise.cli.output import dumped, show_line
from reprise.cli.plan import NEVER_MADE, described, nothing_yet, show_counts, show_reasons
from reprise.graph.build import Graph
from reprise.graph.nodes import KINDS, Node
from reprise.project import Project
from reprise.records.environment import commit, versions
from reprise.records.record import STATEMENT
from reprise.records.state import STALE, TAMPERED, State
from reprise.report.text import plural
from reprise.specs.errors import ConfigError, few
from reprise.specs.load import every_paper
from reprise.storage.atomic import write_bytes

PREDICATE = "urn:reprise:receipt:v1"
NAMESPACE = "reprise-receipt"
"""What a signature is for: OpenSSH accepts none that the same key made for something else."""
_UNCLAIMED_SHOWN = 10
_NAMED = 5
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


def verify(project: Project, folder: Path | None, options: Options, console: Console) -> int:
    """The verb; returns the exit code; raises ConfigError."""
    began = time.perf_counter()
    if options.sign:  # before anything slow is done
        if not options.sign.is_file():
            raise ConfigError(f"--sign {options.sign}: no such file")
        _ssh_keygen("-?")
    chosen = {"scale": options.scale, "papers": list(options.papers)}
    graph, tree = open_tree(project, folder, {k: value for k, value in chosen.items() if value})
    if options.receipt and options.receipt.resolve().is_relative_to(tree.folder.resolve()):
        raise ConfigError(
            f"--receipt {options.receipt}: lies in the tree, and verify changes no tree"
        )
    result = audit(graph, tree, options.papers, _initial(project) if options.deep else None)
    result = result if options.papers else _with_readmes(project, graph, result)
    path = _write_receipt(project, result, options)
    seconds = time.perf_counter() - began
    if options.json:
        print(dumped(_as_json(result, project, path, seconds)))
    elif result.tree.home and all(s.reasons == NEVER_MADE for s in result.nodes.values()):
        show_line(nothing_yet(project, result.scale), console, _STYLES[result.exit_code])
    else:
        _show(result, result.name(project.root), console)
        show_line(f"{result.verdict}, in {seconds:.1f} s", console, _STYLES[result.exit_code])
        if path:
            inside = path.is_relative_to(project.root)
            show_line(f"receipt {path.relative_to(project.root) if inside else path}", console)
    return result.exit_code or (1 if path is None and options.receipt else 0)


def _initial(project: Project) -> Initial:
    from reprise.jobs.train import initial_digests

    def computed(node: Node) -> list[str]:
        print(f"initialising {node.id} again", file=sys.stderr)
        return initial_digests(node, project.cache)

    return computed


def _with_readmes(project: Project, graph: Graph, result: Audit) -> Audit:
    """``result``, but a README that says other verdicts than the published tree is tampered."""
    own = result.tree.folder == project.path(f"results/published/{result.scale}").resolve()
    if not own or result.exit_code:
        return result
    from reprise.report.readme import readme_faults

    states = {
        page.relative_to(project.root).as_posix(): State(
            "tampered", (f"the published verdicts do not say: {line}",)
        )
        for page, line in readme_faults(project, every_paper(graph.config)).items()
    }
    return replace(result, files={**result.files, **states})


def _show(result: Audit, title: str, console: Console) -> None:
    """Print counts, every fault with its place, and what was not looked at."""
    show_counts(f"{title}, scale {result.scale}", result.judged, result.nodes, console)
    show_reasons(result.faults, console, never_made=True)
    if result.release:
        again = plural(result.again, "node") if result.again else "nothing"
        made = f"Made by {result.release}; with the code at hand {again} would be made again."
        show_line(made, console)
    if changed := [f"{claim} ({what})" for claim, what in result.changed_rules.items()]:
        claims = ", ".join(few(changed, _NAMED))
        show_line(f"Rules that are others than when claims were judged: {claims}", console)
    if files := sum(map(len, result.withheld.values())):
        what = "checkpoint is" if files == 1 else "checkpoints are"
        show_line(f"{files} {what} not shipped, so training itself is not checked", console)
    for note, count in Counter(result.notes.values()).items():
        show_line(f"{'note':12} {plural(count, 'node')}: {note}", console)
    for name in few(result.unclaimed, _UNCLAIMED_SHOWN, "more files that no node claims"):
        show_line(f"{'unclaimed':12} {name}", console, "dim")


def _as_json(
    result: Audit, project: Project, receipt: Path | None, seconds: float
) -> dict[str, Any]:
    return {
        **_summary(result),
        "tree": result.name(project.root),
        "digest": result.digest,
        "nodes": described(result.nodes),
        "files": described(result.files),
        "receipt": str(receipt) if receipt else None,
        "seconds": round(seconds, 3),
    }


def _summary(result: Audit) -> dict[str, Any]:
    """What was found, but for the nodes one by one."""
    return {
        "schema": 1,
        "verdict": result.verdict,
        "exit_code": result.exit_code,
        "scale": result.scale,
        "papers": list(result.papers),
        "counts": dict(sorted(result.counts.items())),
        "release": asdict(result.release) if result.release else None,
        "again": result.again,
        "withheld": result.withheld,
        "unclaimed": result.unclaimed,
        "notes": result.notes,
        "changed_rules": dict(result.changed_rules),
    }


# The receipt.


def statement(result: Audit, root: Path, now: datetime, deep: bool) -> dict[str, Any]:
    """The receipt of ``result``, made from the project at ``root``; it names no machine."""
    packages = {name: version for kind in KINDS for name, version in versions(kind).items()}
    packages |= {"reprise": metadata.version("reprise"), "python": platform.python_version()}
    faults = {
        name: {"state": state.name, "reasons": list(state.reasons)}
        for name, state in result.faults.items()
    }
    about = {"deep": deep, "time": now.isoformat(timespec="seconds"), "commit": commit(root)}
    return {
        "_type": STATEMENT,
        "subject": [{"name": result.name(root), "digest": {"sha256": result.digest}}],
        "predicateType": PREDICATE,
        "predicate": {**_summary(result), **about, "faults": faults, "versions": packages},
    }


def sign(data: bytes, key: Path) -> bytes:
    """OpenSSH's signature of ``data`` with the private ``key``; raises ConfigError."""
    done = _ssh_keygen("-Y", "sign", "-q", "-n", NAMESPACE, "-f", str(key), data=data)
    if done.returncode:
        why = done.stderr.decode(errors="replace").strip()
        raise ConfigError(f"{key} cannot sign: {why}")
    return done.stdout


def _ssh_keygen(*arguments: str, data: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    """OpenSSH's tool for signatures, with ``data`` as its input; ConfigError if it is missing."""
    program = shutil.which("ssh-keygen")
    if program is None:
        raise ConfigError("signatures need ssh-keygen, a part of OpenSSH, which is not installed")
    return subprocess.run([program, *arguments], input=data, capture_output=True)


def _write_receipt(project: Project, result: Audit, options: Options) -> Path | None:
    """The path of the receipt; None, and a message, where it cannot be written."""
    now = datetime.now(UTC)
    content = statement(result, project.root, now, options.deep)
    data = (json.dumps(content, indent=2, sort_keys=True) + "\n").encode()
    signature = sign(data, options.sign) if options.sign else None
    name = f"{now:%Y%m%dT%H%M%SZ}-{result.digest[:12]}.json"
    path = options.receipt or project.cache / "receipts" / name
    beside = path.with_name(f"{path.name}.sig")
    try:
        beside.unlink(missing_ok=True)
        write_bytes(path, data)
        if signature:
            write_bytes(beside, signature)
    except OSError as error:
        print(f"no receipt was written: {path}: {error.strerror}", file=sys.stderr)
        return None
    return path

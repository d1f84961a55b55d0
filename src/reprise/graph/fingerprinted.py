"""What identifies a node: the hash over everything that determines its content."""

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from reprise.graph.nodes import Node
from reprise.provenance.fingerprint import fingerprint
from reprise.specs.errors import ConfigError, suggest
from reprise.specs.load import papers_folder

RECORD_SCHEMA = 1


def make_node(
    nodes: Mapping[str, Node],
    kind: str,
    paper: str,
    name: str,
    scale: str,
    spec: dict[str, Any],
    code: dict[str, str],
    inputs: tuple[str, ...],
    files: Iterable[Path],
    sources: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """The fields of a node up to its fingerprint."""
    digests = {
        str(path.relative_to(papers_folder().parent)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in _existing(files, paper)
    } | dict(sources or {})
    mark = fingerprint(
        {
            "schema": RECORD_SCHEMA,
            "kind": kind,
            "spec": spec,
            "code": code,
            "inputs": {i: nodes[i].fingerprint for i in inputs},
            "files": digests,
        }
    )
    return {
        "id": f"{paper}/{kind}/{name}" if paper else kind,
        "kind": kind,
        "paper": paper,
        "name": name,
        "scale": scale,
        "spec": spec,
        "code": code,
        "inputs": inputs,
        "files": digests,
        "fingerprint": mark,
    }


def _existing(files: Iterable[Path], paper: str) -> Iterable[Path]:
    for path in files:
        if not path.is_file():
            near = suggest(path.name, (p.name for p in path.parent.glob("*")))
            raise ConfigError(f"papers/{paper}/paper.yaml: no reference file {path.name!r}{near}")
        yield path

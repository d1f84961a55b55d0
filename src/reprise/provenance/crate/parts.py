"""The files of a crate: the workflow as it is in the checkout, and what the records speak of."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.records.record import Record
from reprise.records.tree import LOCK as LOCK_OF_TREE
from reprise.records.tree import Tree
from reprise.storage.atomic import sha256

CONFIG = "config.yaml"
WORKFLOW = "Snakefile"
ENVIRONMENT, LOCK = "environment.yml", "requirements/lock.txt"
ENVIRONMENTS = {
    ENVIRONMENT: ("Conda environment", "https://docs.conda.io/projects/conda/"),
    LOCK: ("Hashed lock of all packages", "https://pip.pypa.io/"),
}
"""Environment file -> its name, and the page that defines its format."""

_SOURCES = Path("src", "reprise")
_ENCODINGS = {
    ".css": "text/css",
    ".csv": "text/csv",
    ".html": "text/html",
    ".jinja": "text/plain",
    ".json": "application/json",
    ".png": "image/png",
    ".smk": "text/plain",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
}


@dataclass(frozen=True)
class Part:
    """A file of the crate."""

    path: str
    """Where it lies in the crate, in POSIX form; that is also its place in the checkout."""
    source: Path
    digest: str
    about: dict[str, Any] = field(default_factory=dict)

    @property
    def ref(self) -> dict[str, str]:
        """A reference to its entity."""
        return {"@id": quote(self.path)}

    @property
    def properties(self) -> dict[str, Any]:
        """What its entity says."""
        suffix = PurePosixPath(self.path).suffix
        return {
            "name": self.path,
            "contentSize": str(self.source.stat().st_size),
            "encodingFormat": _ENCODINGS.get(suffix, "application/octet-stream"),
            "sha256": self.digest,
            **self.about,
        }


def checkout_parts(root: Path, graph: Graph) -> list[Part]:
    """Workflow, rules, config, environment, the papers' files and the reference data they read."""
    papers = sorted({node.paper for node in graph.nodes.values()} - {""})
    paths = [Path(name) for name in (WORKFLOW, CONFIG, *ENVIRONMENTS)]
    paths += sorted(p.relative_to(root) for p in (root / "workflow" / "rules").glob("*.smk"))
    for paper in papers:
        folder = root / _SOURCES / "papers" / paper
        paths += sorted(path.relative_to(root) for path in folder.glob("*.yaml"))
    read = {name for node in graph.nodes.values() for name in node.files}
    paths += [_SOURCES / name for name in sorted(read)]
    return [_checkout_part(root, path.as_posix()) for path in paths]


def source_of(file: str) -> str:
    """The path in the crate of ``file`` as records name what they read."""
    return (_SOURCES / file).as_posix()


def tree_parts(graph: Graph, tree: Tree, records: dict[str, Record]) -> Iterator[Part]:
    """Every record, every output that lies in the tree, and the tree's lock."""
    for node in graph.nodes.values():
        record = tree.path(node.record)
        about = {"description": f"Record of {node.id}: what it was made from, and how"}
        yield Part(node.record, record, sha256(record), about)
        for path in node.outputs:
            if tree.path(path).is_file():
                digest = records[node.id].outputs[PurePosixPath(path).name]
                yield Part(path, tree.path(path), digest, _title(node))
    if tree.lock is not None:
        lock = tree.folder / LOCK_OF_TREE
        about = {"description": "Digests of the files that the tree was made with"}
        yield Part(f"results/{graph.config.scale}/{LOCK_OF_TREE}", lock, sha256(lock), about)


def absent_outputs(graph: Graph, tree: Tree) -> set[str]:
    """Outputs that the records list and the tree leaves out, e.g. checkpoints."""
    outputs = (path for node in graph.nodes.values() for path in node.outputs)
    return {path for path in outputs if not tree.path(path).is_file()}


def _checkout_part(root: Path, path: str) -> Part:
    about: dict[str, Any] = {}
    if path in ENVIRONMENTS:
        name, page = ENVIRONMENTS[path]
        about = {"description": name, "conformsTo": {"@id": page}}
    elif path.endswith(".smk"):
        about = {"@type": ["File", "SoftwareSourceCode"]}
    return Part(path, root / path, sha256(root / path), about)


def _title(node: Node) -> dict[str, str]:
    shown = {"alternateName": node.about.get("title"), "description": node.about.get("caption")}
    return {name: text for name, text in shown.items() if text}

"""A node: one thing to make, what it is made from, where it goes, and its fingerprint."""

from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

KINDS = ("dataset", "run", "table", "figure", "verdict", "report")


@dataclass(frozen=True)
class Node:
    """One node of the graph. Paths are relative to the project's root, in POSIX form."""

    id: str
    """``paper/kind/name``, e.g. ``pearce2023/figure/F1-accuracy-curve``; runs add a job number."""
    kind: str
    paper: str
    name: str
    scale: str
    spec: dict[str, Any]
    """Resolved parameters, as JSON; all of it enters the fingerprint."""
    code: dict[str, str]
    """Definitions that the node can reach -> digest."""
    inputs: tuple[str, ...]
    """Ids of the nodes that it reads."""
    files: dict[str, str]
    """Committed files that it reads (reference data, templates): path -> sha256."""
    fingerprint: str
    outputs: tuple[str, ...]
    record: str
    seeds: tuple[int, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)
    """Texts that are shown but change no content: title, caption, source."""

    @property
    def folder(self) -> PurePosixPath:
        """The folder of the outputs."""
        return PurePosixPath(self.record).parent

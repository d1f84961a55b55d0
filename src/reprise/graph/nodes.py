"""A node: one thing to make, what it is made from, where it goes, and its fingerprint."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from reprise.specs.runs import JobSpec, read_job

KINDS = ("dataset", "run", "table", "figure", "verdict", "report")
SHORT = 12
"""Characters of a fingerprint that appear in the names of folders."""


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
    """Resolved parameters, as JSON; all but the name of the entry enters the fingerprint."""
    code: dict[str, str]
    """Definitions that the node can reach -> digest; the set of digests enters the fingerprint."""
    inputs: tuple[str, ...]
    """Ids of the nodes that it reads."""
    files: dict[str, str]
    """Files that it reads -> sha256; reference data and templates by their path below ``src``."""
    fingerprint: str
    outputs: tuple[str, ...]
    record: str
    seeds: tuple[int, ...] = ()
    about: dict[str, Any] = field(default_factory=dict)
    """Texts that are shown but change no content: title, caption, source."""
    job: JobSpec | None = field(default=None, compare=False, repr=False)
    """What ``spec`` of a run says, typed, where that is known already."""

    @property
    def folder(self) -> PurePosixPath:
        """The folder of the outputs."""
        return PurePosixPath(self.record).parent

    @property
    def every_record(self) -> str:
        """Pattern of the records of a run or dataset with any fingerprint, beside its folder."""
        stem = self.folder.name.rpartition("-")[0]
        return f"{stem}-{'?' * SHORT}/record.json"

    def output(self, ending: str) -> str:
        """The first output whose path ends so; raises IndexError where there is none."""
        return [path for path in self.outputs if path.endswith(ending)][0]  # noqa: RUF015

    @property
    def training_job(self) -> JobSpec:
        """The job of a run."""
        return self.job or read_job(self.paper, self.spec)


def fingerprint(value: Any) -> str:
    """Hash of all that determines a node: sha256 of canonical JSON (sorted keys)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def full_entry(paper: str, entry: str) -> str:
    """The ``entry`` of a paper's file with its whole module: ``papers.<paper>.<module>:<name>``.

    One that begins with ``shared.`` lies in the room of all papers.
    """
    return f"papers.{entry}" if entry.startswith("shared.") else f"papers.{paper}.{entry}"


def ranges(numbers: Iterable[int]) -> str:
    """``(0, 1, 2, 5)`` as ``0-2, 5``."""
    parts: list[list[int]] = []
    for number in numbers:
        if parts and number == parts[-1][-1] + 1:
            parts[-1].append(number)
        else:
            parts.append([number])
    return ", ".join(str(p[0]) if len(p) == 1 else f"{p[0]}–{p[-1]}" for p in parts)

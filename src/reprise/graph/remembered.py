"""What was worked out of the project's sources before, for as long as no byte of them changes."""

import hashlib
import json
from dataclasses import dataclass, field
from pathlib import Path

from reprise.graph.modules import PACKAGES
from reprise.storage.atomic import write_text

REFERENCES = "<references>"
"""Entry of a closure: digest of which definition every name in it stands for."""


@dataclass
class Remembered:
    """Closures by their entries, and digests of entries, of sources of one digest."""

    sources: str
    closures: dict[frozenset[str], dict[str, str]] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How much is known."""
        return len(self.closures) + len(self.entries)

    def read(self, file: Path) -> None:
        """Take what ``file`` says, if it is of these sources."""
        try:
            said = json.loads(file.read_bytes())
            if said["sources"] != self.sources:
                return
            names, digests = said["names"], said["digests"]
            closures = {
                frozenset(entries): {REFERENCES: edges} | {names[i]: digests[i] for i in places}
                for entries, places, edges in said["closures"]
            }
            entries = dict(said["entries"])
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            return
        for key, found in closures.items():
            self.closures.setdefault(key, found)
        for entry, digest in entries.items():
            self.entries.setdefault(entry, digest)

    def write(self, file: Path) -> None:
        """Every definition is written once, and in closures stands its number."""
        digests = dict(sorted(pair for one in self.closures.values() for pair in one.items()))
        digests.pop(REFERENCES, None)
        numbers = {name: number for number, name in enumerate(digests)}
        closures = [
            [sorted(key), [numbers[name] for name in one if name in numbers], one[REFERENCES]]
            for key, one in self.closures.items()
        ]
        content = {
            "sources": self.sources,
            "names": list(digests),
            "digests": list(digests.values()),
            "closures": closures,
            "entries": self.entries,
        }
        write_text(file, json.dumps(content, separators=(",", ":")), durable=False)


def digest_of_sources(source: Path) -> str:
    """Of the names and contents of all files that can be followed."""
    whole = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((source / package).rglob("*.py")):
            content = path.read_bytes()
            whole.update(f"{path.relative_to(source)} {len(content)}\n".encode() + content)
    return whole.hexdigest()

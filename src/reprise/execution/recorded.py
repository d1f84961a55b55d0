"""The nearest record of an earlier making of a node: here or published, at any scale."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.records.record import Record, UnreadableRecord, read_record
from reprise.specs.paper import SCALES


@dataclass(frozen=True)
class Earlier:
    """A record of ``node``, or of what it was with other settings or at another scale."""

    record: Record
    folder: Path
    exact: bool
    """It lies where the node's own record would: its settings are those of the node, or were."""
    scale: str

    @property
    def seconds(self) -> float:
        """Wall time of the making."""
        return float(self.record.execution["wall_s"])

    @property
    def peak_memory_bytes(self) -> int:
        """Peak of its process."""
        return int(self.record.execution["peak_memory_bytes"])

    @property
    def output_bytes(self) -> int:
        """Bytes of the outputs that still lie there; published copies have no checkpoints."""
        found = (self.folder / name for name in self.record.outputs)
        return sum(path.stat().st_size for path in found if path.is_file())

    @property
    def device(self) -> str:
        """Platform and kind of device in small letters; empty where none is recorded."""
        device = self.record.execution.get("device")
        if not isinstance(device, dict):
            return ""
        return f"{device.get('platform', '')} {device.get('kind', '')}".lower()


def earlier(project: Project, node: Node) -> Earlier | None:
    """The nearest readable record: own settings before others, own scale before others."""
    for path, exact, scale in _places(project, node):
        try:
            return Earlier(read_record(path), path.parent, exact, scale)
        except (OSError, UnreadableRecord):
            continue
    return None


def _places(project: Project, node: Node) -> Iterator[tuple[Path, bool, str]]:
    for scale in _by_distance(node.scale):
        tail = node.record.removeprefix(f"results/{node.scale}/")
        own = scale == node.scale
        for base in (f"results/{scale}", f"results/published/{scale}"):
            path = project.path(f"{base}/{tail}")
            if own or node.kind not in ("run", "dataset"):
                yield path, own, scale
            if node.kind in ("run", "dataset"):
                stem = path.parent.name.rpartition("-")[0]
                for other in sorted(path.parent.parent.glob(f"{stem}-*/record.json")):
                    yield other, False, scale


def _by_distance(scale: str) -> list[str]:
    """All scales, the nearest first, of two the larger."""
    places: dict[str, int] = {name: number for number, name in enumerate(SCALES)}
    here = places.get(scale, 0)
    others = [name for name in SCALES if name != scale]
    return [scale, *sorted(others, key=lambda s: (abs(places[s] - here), -places[s]))]

"""What making a node costs, estimated from the records of earlier makings."""

from dataclasses import dataclass
from pathlib import Path

from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.provenance.record import Record, UnreadableRecord, read_record

_GUESS_S = {"dataset": 5, "run": 60, "table": 4, "figure": 6, "verdict": 4, "report": 5}
_GUESS_BYTES = {"run": 5_000_000, "figure": 400_000}


@dataclass(frozen=True)
class Cost:
    """Seconds, output bytes and peak memory; ``measured`` is false for a mere guess."""

    seconds: float
    output_bytes: int
    peak_memory_bytes: int
    measured: bool


def estimate(project: Project, node: Node) -> Cost:
    """The cost recorded when ``node`` was last made, here or in the published copy, or a guess."""
    for record, folder in _records(project, node):
        execution = record.execution
        size = sum(
            (folder / name).stat().st_size for name in record.outputs if (folder / name).is_file()
        )
        return Cost(
            seconds=float(execution["wall_s"]),
            output_bytes=size or _GUESS_BYTES.get(node.kind, 50_000),
            peak_memory_bytes=int(execution["peak_memory_bytes"]),
            measured=True,
        )
    return Cost(_GUESS_S[node.kind], _GUESS_BYTES.get(node.kind, 50_000), 500 * 2**20, False)


def _records(project: Project, node: Node) -> list[tuple[Record, Path]]:
    published = node.record.replace("results/", "results/published/", 1)
    found = []
    for place in (node.record, published):
        path = project.path(place)
        candidates = [path]
        if node.kind in ("run", "dataset"):
            stem = path.parent.name.rpartition("-")[0]
            candidates += sorted(path.parent.parent.glob(f"{stem}-*/record.json"))
        for candidate in candidates:
            try:
                found.append((read_record(candidate), candidate.parent))
                break
            except (OSError, UnreadableRecord):
                continue
    return found

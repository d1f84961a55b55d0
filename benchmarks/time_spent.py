"""Where the time of a replication goes, by the records of the published copy.

``python -m benchmarks time``: compiled steps are what a run's training takes without compiling.
Nothing is measured anew.
"""

from collections.abc import Iterable
from pathlib import Path

from reprise.records.inventory import take_inventory
from reprise.records.record import Record

KINDS = ("dataset", "table", "figure")
TREE = Path("results/published/cpu")


def render(root: Path) -> str:
    """Markdown table: one line per paper, and all of them together."""
    records = [entry.record for entry in take_inventory(root / TREE).entries.values()]
    papers = sorted({str(record.node["paper"]) for record in records} - {""})
    parts = {paper: [r for r in records if r.node["paper"] == paper] for paper in papers}
    columns = (
        "core time",
        "compiled steps",
        "compiling",
        "rest of runs",
        *(f"{k}s" for k in KINDS),
    )
    heads = ("paper", *columns, "outside compiled steps", "and datasets")
    lines = [_row(heads), _row(["---", *["--:"] * (len(heads) - 1)])]
    lines += [_row((paper, *_cells(own))) for paper, own in parts.items()]
    return "\n".join([*lines, _row(("**together**", *_cells(records)))])


def _cells(records: Iterable[Record]) -> list[str]:
    records = list(records)
    runs = [record.execution for record in records if record.node["kind"] == "run"]
    whole = sum(record.execution["wall_s"] for record in records)
    compiling = sum(run["compile_s"] for run in runs)
    steps = sum(run["train_s"] for run in runs) - compiling
    rest = sum(run["wall_s"] for run in runs) - steps - compiling
    kinds = [
        sum(r.execution["wall_s"] for r in records if r.node["kind"] == kind) for kind in KINDS
    ]
    shown = [f"{seconds / 60:.1f} min" for seconds in (whole, steps, compiling, rest, *kinds)]
    outside = (1 - steps / whole, 1 - (steps + kinds[0]) / whole)
    return [*shown, *(f"{share:.0%}" for share in outside)]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print the table."""
    print(render(Path(__file__).resolve().parents[1]))

"""Predicted against recorded time of the trainings of the published copy.

Each is told from other published trainings, as ``reprise plan`` tells one that never ran.
"""

from rich.console import Console
from rich.table import Table

from reprise.execution.evidence import PUBLISHED, Evidence
from reprise.execution.hindsight import Hindsight, hindsight, ratio
from reprise.execution.samples import Sample
from reprise.project import find_project


def main() -> None:
    """Print total predicted over total actual time, by paper, and how many jobs are close."""
    evidence = Evidence(find_project())
    samples = [t.sample for t in evidence.trainings if not t.sample.here]
    papers = sorted({_paper(s) for s in samples})
    table = Table(title=f"{len(samples)} trainings in results/{PUBLISHED}", title_justify="left")
    table.box = None
    for name in ("told from", "all", *papers, "within 2 x", "5 % to 95 %"):
        table.add_column(name, justify="left" if name == "told from" else "right")
    own = {"all other jobs": id, "jobs of other runs": _run, "jobs of other papers": _paper}
    for name, alike in own.items():
        found = hindsight(samples, alike)
        by_paper = [ratio(h for h in found if _paper(h.sample) == paper) for paper in papers]
        table.add_row(name, *(f"{r:.2f}" for r in (ratio(found), *by_paper)), *_close(found))
    Console(width=120).print(table)


def _close(found: list[Hindsight]) -> tuple[str, str]:
    ratios = sorted(h.told_s / h.took_s for h in found)
    share = sum(0.5 < r < 2 for r in ratios) / len(ratios)
    low, high = (ratios[int(q * (len(ratios) - 1))] for q in (0.05, 0.95))
    return f"{share:.0%}", f"{low:.2f} to {high:.2f}"


def _run(sample: Sample) -> str:
    return sample.work.family[0]


def _paper(sample: Sample) -> str:
    return _run(sample).partition("/")[0]

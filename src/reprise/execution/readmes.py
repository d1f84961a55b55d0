"""The generated blocks of the project's and the papers' READMEs, from a published copy."""

from collections.abc import Sequence
from pathlib import Path

from reprise.project import Project
from reprise.records.record import Record, read_record
from reprise.report.model import VerdictRow
from reprise.report.readme import Picture, headlines, replace_block, strip, summary
from reprise.report.rows import verdict_rows
from reprise.specs.load import papers_folder
from reprise.specs.paper import PaperSpec
from reprise.storage.frames import parse_csv


def readmes(project: Project, papers: Sequence[PaperSpec], scale: str) -> dict[Path, str]:
    """Path -> text of every README, its blocks renewed from ``results/published/<scale>``."""
    base = project.path(f"results/published/{scale}")
    rows = {p.key: _rows(base / p.key / "verdicts.csv") for p in papers}
    main = project.path("README.md")
    text = replace_block(main.read_text(), "verdicts", _verdicts(papers, rows))
    text = replace_block(text, "figures", _strip(papers, scale))
    text = replace_block(text, "costs", _costs(base, papers))
    texts = {main: text}
    for paper in papers:
        page = papers_folder() / paper.key / "README.md"
        own = replace_block(
            page.read_text(), "verdicts", headlines(rows[paper.key], _all(rows[paper.key]))
        )
        texts[page] = replace_block(own, "costs", _job_costs(base / paper.key))
    return texts


def _rows(path: Path) -> tuple[VerdictRow, ...]:
    with path.open("rb") as file:
        return verdict_rows(parse_csv(file))


def _all(rows: Sequence[VerdictRow]) -> list[str]:
    return [f"{row.paper}/{row.claim}" for row in rows]


def _verdicts(papers: Sequence[PaperSpec], rows: dict[str, tuple[VerdictRow, ...]]) -> str:
    titles = {p.key: f"{p.authors.split(',')[0]} et al. {p.year}, {p.title}" for p in papers}
    every = [row for own in rows.values() for row in own]
    chosen = [f"{p.key}/{claim}" for p in papers for claim in p.headlines.claims]
    return f"{summary(every, titles)}\n\n{headlines(every, chosen)}"


def _strip(papers: Sequence[PaperSpec], scale: str) -> str:
    pictures = [
        Picture(
            path=f"results/published/{scale}/{paper.key}/figures/{name}.png",
            title=paper.figures[name].title,
            link=f"results/published/{scale}/{paper.key}/figures/{name}.svg",
        )
        for paper in papers
        for name in paper.headlines.figures
    ]
    return strip(pictures)


def _costs(base: Path, papers: Sequence[PaperSpec]) -> str:
    """Time of everything, from the records: on one core, and shared by two."""
    lines = [
        "| `make replicate` | jobs | core time | on two cores | measured on |",
        "|---|--:|--:|--:|---|",
    ]
    for paper in papers:
        records = _records(base / paper.key)
        minutes = sum(r.execution["wall_s"] for r in records) / 60
        devices = ", ".join(sorted({r.environment["cpu"] for r in records}))
        times = f"{minutes:.0f} min | {minutes / 2:.0f} min"
        lines.append(f"| {paper.key} | {len(records)} | {times} | {devices} |")
    return "\n".join(lines)


def _job_costs(folder: Path) -> str:
    lines = [
        "| run | members | steps/s (members x steps) | time | dtype |",
        "|---|--:|--:|--:|---|",
    ]
    for record in _records(folder):
        if record.node["kind"] == "run":
            execution = record.execution
            cells = (
                record.node["name"],
                execution["members"],
                f"{execution['member_steps_per_s']:,.0f}",
                f"{execution['wall_s']:.0f} s",
                record.spec["run"]["dtype"],
            )
            lines.append("| " + " | ".join(map(str, cells)) + " |")
    return "\n".join(lines)


def _records(folder: Path) -> list[Record]:
    paths = sorted([*folder.rglob("record.json"), *folder.rglob("*.record.json")])
    return [read_record(path) for path in paths]

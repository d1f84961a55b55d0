"""The generated blocks of the READMEs: verdicts, headline claims, costs, a strip of figures."""

import html
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from reprise.project import Project
from reprise.records.record import Record, read_record
from reprise.report.model import (
    FINDING,
    KIND_TITLES,
    VerdictRow,
    agreement,
    count,
    of_kind,
    verdict_rows,
)
from reprise.report.text import NONE, interval, number, published, threshold
from reprise.specs.claims import KINDS
from reprise.specs.errors import suggest
from reprise.specs.load import papers_folder
from reprise.specs.paper import PaperSpec
from reprise.specs.verdicts import SYMBOL, VERDICTS
from reprise.storage.frames import parse_csv


def readmes(project: Project, papers: Sequence[PaperSpec], scale: str) -> dict[Path, str]:
    """Path -> text of every README, its blocks renewed from ``results/published/<scale>``."""
    base = project.path(f"results/published/{scale}")
    rows = {p.key: _rows(base / p.key / "verdicts.csv") for p in papers}
    main = project.path("README.md")
    every = [row for own in rows.values() for row in own]
    chosen = [f"{p.key}/{claim}" for p in papers for claim in p.headlines.claims]
    text = replace_block(main.read_text(), "verdicts", _verdicts(papers, every, chosen))
    text = replace_block(text, "figures", strip(papers, f"results/published/{scale}"))
    text = replace_block(text, "costs", _costs(base, papers))
    texts = {main: text}
    for paper in papers:
        page = papers_folder() / paper.key / "README.md"
        claims = [f"{row.paper}/{row.claim}" for row in rows[paper.key]]
        text = replace_block(page.read_text(), "verdicts", headlines(rows[paper.key], claims))
        texts[page] = replace_block(text, "costs", _job_costs(base / paper.key))
    return texts


def readme_faults(project: Project, papers: Sequence[PaperSpec], scale: str) -> dict[Path, str]:
    """README -> the first line of its verdicts that ``results/published/<scale>`` does not say.

    Which claims stand there, and in which order, is the release's choice.
    """
    base = project.path(f"results/published/{scale}")
    rows = [row for p in papers for row in _rows(base / p.key / "verdicts.csv")]
    claims = [f"{row.paper}/{row.claim}" for row in rows]
    told = _verdicts(papers, rows, claims).splitlines()
    pages = [project.path("README.md"), *(papers_folder() / p.key / "README.md" for p in papers)]
    faults = {}
    for page in pages:
        lines = block(page.read_text(encoding="utf-8"), "verdicts").splitlines()
        if other := [line for line in lines if line not in told]:
            faults[page] = other[0]
    return faults


def _rows(path: Path) -> tuple[VerdictRow, ...]:
    with path.open("rb") as file:
        return verdict_rows(parse_csv(file))


def _verdicts(
    papers: Sequence[PaperSpec], rows: Sequence[VerdictRow], claims: Sequence[str]
) -> str:
    titles = {p.key: f"{p.authors.split(',')[0]} et al. {p.year}, {p.title}" for p in papers}
    parts = [summary(rows, titles), *_rounding(rows), headlines(rows, claims)]
    return "\n\n".join(parts)


def _rounding(rows: Sequence[VerdictRow]) -> list[str]:
    same, both = agreement(rows)
    if not both:
        return []
    text = f"Made a second time with other rounding, {same} of {both} verdicts are the same."
    return [f"{text} Those that differ count as inconclusive."]


def _costs(base: Path, papers: Sequence[PaperSpec]) -> str:
    """Time of everything, from the records: on one core, and shared by two."""
    rows = []
    for paper in papers:
        records = _records(base / paper.key)
        minutes = sum(r.execution["wall_s"] for r in records) / 60
        devices = ", ".join(sorted({r.environment["cpu"] for r in records}))
        times = (f"{minutes:.0f} min", f"{minutes / 2:.0f} min")
        rows.append([paper.key, str(len(records)), *times, devices])
    heads = ["`make replicate`", "jobs:", "core time:", "on two cores:", "measured on"]
    return _table(heads, rows)


def _job_costs(folder: Path) -> str:
    rows = [
        [
            record.node["name"],
            str(record.execution["members"]),
            _pace(record.execution["member_steps_per_s"]),
            f"{record.execution['wall_s']:.0f} s",
            record.spec["run"]["dtype"],
        ]
        for record in _records(folder)
        if record.node["kind"] == "run"
    ]
    return _table(["run", "members:", "steps/s (members x steps):", "time:", "dtype"], rows)


def _pace(steps_per_s: float | None) -> str:
    return NONE if steps_per_s is None else f"{steps_per_s:,.0f}"


def _records(folder: Path) -> list[Record]:
    paths = sorted([*folder.rglob("record.json"), *folder.rglob("*.record.json")])
    return [read_record(path) for path in paths]


def summary(rows: Sequence[VerdictRow], titles: Mapping[str, str]) -> str:
    """Markdown table of claims: one column per verdict.

    First the findings of each paper of ``titles`` (key -> title) and of all, then the other kinds.
    """
    findings = of_kind(rows, FINDING)
    lines = []
    for key, title in titles.items():
        counts = count([row for row in findings if row.paper == key])
        lines.append([plain(title), *map(str, counts.values())])
    for kind in KINDS:
        counts = count(of_kind(rows, kind))
        if kind == FINDING:
            lines.append(["**All findings**", *(f"**{n}**" for n in counts.values())])
        else:
            lines.append([KIND_TITLES[kind], *map(str, counts.values())])
    return _table(["Findings of", *(f"{SYMBOL[v]} {v}:" for v in VERDICTS)], lines)


def headlines(rows: Sequence[VerdictRow], claims: Sequence[str]) -> str:
    """Markdown table of the claims named ``paper/claim``, in that order.

    Raises:
        ValueError: there is no such claim; the nearest name is suggested.
    """
    known = {f"{row.paper}/{row.claim}": row for row in rows}
    lines = []
    for name in claims:
        if name not in known:
            raise ValueError(f"there is no claim {name!r}{suggest(name, known)}")
        row = known[name]
        measured = number(row.statistic)
        if ends := interval(row.low, row.high):
            measured += f" ({ends})"
        cells = [row.statement, threshold(row.threshold), measured, published(row.paper_value)]
        verdict = f"{SYMBOL[row.verdict]} {row.verdict}"
        lines.append([*map(plain, cells), ", ".join(filter(None, (verdict, row.networks)))])
    return _table(["Claim", "Required", "Measured", "Paper", "Verdict"], lines)


def strip(papers: Sequence[PaperSpec], base: str, columns: int = 3) -> str:
    """HTML table of the papers' headline figures, ``columns`` to a row.

    ``base`` is the published tree, relative to the README.
    """
    cells = [
        _cell(f"{base}/{paper.key}/figures/{name}", paper.figures[name].title, 100 // columns)
        for paper in papers
        for name in paper.headlines.figures
    ]
    lines = ["<table>"]
    for start in range(0, len(cells), columns):
        lines += ["<tr>", *cells[start : start + columns], "</tr>"]
    return "\n".join([*lines, "</table>"])


def _cell(figure: str, title: str, percent: int) -> str:
    path, text = html.escape(figure), html.escape(title)
    picture = f'<a href="{path}.svg"><img src="{path}.png" alt="{text}"></a>'
    return f'<td width="{percent}%" valign="top">{picture}<br><sub>{text}</sub></td>'


def replace_block(text: str, name: str, content: str) -> str:
    """``text`` with ``content`` between ``<!-- name:begin -->`` and ``<!-- name:end -->``.

    Everything outside the markers is kept byte for byte; doing it twice changes nothing.

    Raises:
        ValueError: the markers are not there exactly once and in order, or ``content`` holds one.
    """
    begin, end = _markers(name)
    if begin in content or end in content:
        raise ValueError(f"the content of block {name!r} holds one of its markers")
    head, _, tail = _parts(text, name)
    return f"{head}{begin}\n{content.strip(chr(10))}\n{end}{tail}"


def block(text: str, name: str) -> str:
    """What stands in ``text`` between the markers of ``replace_block``; raises as that does."""
    return _parts(text, name)[1].strip("\n")


def _parts(text: str, name: str) -> tuple[str, str, str]:
    begin, end = _markers(name)
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"block {name!r} needs {begin} and, after it, {end}, once each")
    head, _, rest = text.partition(begin)
    content, _, tail = rest.partition(end)
    return head, content, tail


def _markers(name: str) -> tuple[str, str]:
    return f"<!-- {name}:begin -->", f"<!-- {name}:end -->"


def plain(text: str) -> str:
    """``text`` as the content of a Markdown table cell: one line, no markup."""
    one_line = " ".join(text.split())
    escaped = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\|*`\[\]~])", r"\\\1", escaped)


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; columns whose head ends with a colon are aligned to the right."""
    rule = ["--:" if head.endswith(":") else "---" for head in heads]
    lines = [[head.removesuffix(":") for head in heads], rule, *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)

"""The generated blocks of the READMEs: findings, verdicts, costs and pictures."""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
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
from reprise.report.text import NONE, duration, interval, number, published, threshold
from reprise.results import parse_csv
from reprise.specs.claims import SYMBOL, VERDICTS
from reprise.specs.errors import suggest
from reprise.specs.load import papers_folder
from reprise.specs.paper import PaperSpec

_FIRST = "Headlines"
_HEADS = ("Claim", "Required", "Measured", "Paper", "Verdict")


def readmes(
    project: Project, papers: Sequence[PaperSpec], scale: str, folder: Path
) -> dict[Path, str]:
    """Path -> text of every README, its blocks renewed from the tree in ``folder``.

    Links lead to ``results/published/<scale>``, where that tree goes.

    Raises:
        ValueError: a page lacks a block, or a table of verdicts is not one of today's.
    """
    tree = f"results/published/{scale}"
    rows = {p.key: _rows(folder / p.key / "verdicts.csv") for p in papers}
    records = {p.key: _records(folder / p.key) for p in papers}
    texts = {
        project.path("README.md"): {
            "picture": _picture(papers, tree),
            "findings": findings(papers, rows),
            "costs": _costs(papers, records),
            "verdicts": _verdicts(papers, rows),
        }
    }
    for paper in papers:
        texts[papers_folder() / paper.key / "README.md"] = {
            "figures": strip(paper, f"../../../{tree}"),
            "costs": _job_costs(records[paper.key]),
            "verdicts": _judged(paper, rows[paper.key]),
        }
    return {page: _renewed(page, blocks) for page, blocks in texts.items()}


def _renewed(page: Path, blocks: Mapping[str, str]) -> str:
    text = page.read_text(encoding="utf-8")
    for name, content in blocks.items():
        text = replace_block(text, name, content)
    return text


def readme_faults(project: Project, papers: Sequence[PaperSpec], scale: str) -> dict[Path, str]:
    """README -> the first line of findings or verdicts that ``results/published/<scale>`` denies.

    Which claims stand there, in which order and in which plain words is the release's choice.
    """
    folder = project.path(f"results/published/{scale}")
    rows = {p.key: _rows(folder / p.key / "verdicts.csv") for p in papers}
    told = set(_verdicts(papers, rows).splitlines()) | set(_findings_table([]).splitlines())
    ends = tuple(_measured(row) for own in rows.values() for row in own)
    pages = {project.path("README.md"): ["findings", "verdicts"]}
    for paper in papers:
        pages[papers_folder() / paper.key / "README.md"] = ["verdicts"]
        told |= set(_judged(paper, rows[paper.key]).splitlines())
        told |= set(headlines(rows[paper.key], [row.claim for row in rows[paper.key]]).splitlines())
    told |= {f"### {head}" for head in (_FIRST, *KIND_TITLES.values())}
    faults = {}
    for page, blocks in pages.items():
        text = page.read_text(encoding="utf-8")
        lines = [line for name in blocks for line in block(text, name).splitlines()]
        if other := [line for line in lines if line not in told and not line.endswith(ends)]:
            faults[page] = other[0]
    return faults


def _rows(path: Path) -> tuple[VerdictRow, ...]:
    with path.open("rb") as file:
        return verdict_rows(parse_csv(file))


def cited(paper: PaperSpec) -> str:
    """``Pearce et al. 2023``."""
    first, *others = paper.authors.split(",")
    return f"{first}{' et al.' if others else ''} {paper.year}"


def findings(papers: Sequence[PaperSpec], rows: Mapping[str, Sequence[VerdictRow]]) -> str:
    """Markdown table of the one finding of each paper that its ``headlines.first`` names.

    Raises:
        ValueError: there is no such claim; the nearest name is suggested.
    """
    lines = []
    for paper in papers:
        if first := paper.headlines.first:
            row = _named(rows[paper.key], first.claim)
            says = f"{plain(first.says)} Measured: {plain(first.measure)}"
            lines.append(f"| {_link(paper)}: {says} {_measured(row)}")
    return _findings_table(lines)


def _findings_table(lines: Sequence[str]) -> str:
    heads = ("The paper says", "Paper", "Here", "Verdict")
    return "\n".join([_table(heads, []), *lines])


def _measured(row: VerdictRow) -> str:
    """The end of a row of findings: all of it that results decide."""
    cells = [published(row.paper_value), number(row.statistic), _verdict(row)]
    return f"(`{row.paper}/{row.claim}`) | {' | '.join(map(plain, cells))} |"


def _verdict(row: VerdictRow) -> str:
    return ", ".join(filter(None, (f"{SYMBOL[row.verdict]} {row.verdict}", row.networks)))


def _link(paper: PaperSpec) -> str:
    return f"[{cited(paper)}](src/papers/{paper.key}/README.md)"


def _verdicts(papers: Sequence[PaperSpec], rows: Mapping[str, Sequence[VerdictRow]]) -> str:
    """The README's table of verdicts: findings only, one row for each paper."""
    found = {_link(p): of_kind(rows[p.key], FINDING) for p in papers}
    every = [row for own in rows.values() for row in own]
    found["**Together**"] = of_kind(every, FINDING)
    return "\n\n".join([summary("Findings of", found), *_rounding(every)])


def _judged(paper: PaperSpec, rows: Sequence[VerdictRow]) -> str:
    """The verdicts on a paper's own page: counted by kind, headlines first."""
    kinds = {name: of_kind(rows, kind) for kind, name in KIND_TITLES.items()}
    first = paper.headlines.claims
    parts = [summary("Claims", {name: own for name, own in kinds.items() if own})]
    parts += _rounding(rows)
    tables = {_FIRST: list(first)} | {
        name: [row.claim for row in own if row.claim not in first] for name, own in kinds.items()
    }
    for name, claims in tables.items():
        if claims:
            parts += [f"### {name}", headlines(rows, claims)]
    return "\n\n".join(parts)


def _rounding(rows: Sequence[VerdictRow]) -> list[str]:
    same, both = agreement(rows)
    if not both:
        return []
    text = f"Made a second time with other rounding, {same} of {both} verdicts are the same."
    return [f"{text} Those that differ count as inconclusive."]


def _costs(papers: Sequence[PaperSpec], records: Mapping[str, Sequence[Record]]) -> str:
    """What the two commands took, from the records."""
    every = [record for own in records.values() for record in own]
    lines = [["`make replicate`", *_time(every)]]
    for paper, name in _shown(papers):
        lineage = list(_lineage(f"{paper.key}/figure/{name}", records[paper.key]))
        lines.append([f"`make figure FIG={paper.key}/{name}`", *_time(lineage)])
    devices = ", ".join(sorted({record.environment["cpu"] for record in every}))
    heads = ("command", "jobs:", "core time:", "two cores, at best:")
    return f"{_table(heads, lines)}\n\nMeasured on {devices}."


def _time(records: Sequence[Record]) -> tuple[str, str, str]:
    seconds = sum(record.execution["wall_s"] for record in records)
    return str(len(records)), duration(seconds), duration(seconds / 2)


def _lineage(node: str, records: Sequence[Record]) -> Iterator[Record]:
    """The records of ``node`` (an id) and of all that it was made from."""
    known = {record.node["id"]: record for record in records}
    queue, seen = [node], {node}
    while queue:
        if record := known.get(queue.pop()):
            yield record
            queue += [name for name in record.inputs if name not in seen]
            seen.update(record.inputs)


def _shown(papers: Sequence[PaperSpec]) -> list[tuple[PaperSpec, str]]:
    """The one figure that the README shows: the first of the headlines."""
    return [(paper, name) for paper in papers for name in paper.headlines.figures][:1]


def _job_costs(records: Sequence[Record]) -> str:
    rows = [
        [
            record.node["name"],
            str(record.execution["members"]),
            _pace(record.execution["member_steps_per_s"]),
            f"{record.execution['wall_s']:.0f} s",
            record.spec["run"]["dtype"],
        ]
        for record in records
        if record.node["kind"] == "run"
    ]
    table = _table(["run", "members:", "steps/s (members x steps):", "time:", "dtype"], rows)
    return f"<details>\n<summary>What every run took</summary>\n\n{table}\n\n</details>"


def _pace(steps_per_s: float | None) -> str:
    return NONE if steps_per_s is None else f"{steps_per_s:,.0f}"


def _records(folder: Path) -> list[Record]:
    paths = sorted([*folder.rglob("record.json"), *folder.rglob("*.record.json")])
    return [read_record(path) for path in paths]


def summary(head: str, rows: Mapping[str, Sequence[VerdictRow]]) -> str:
    """Markdown table of how many of ``rows`` (title -> claims) have which verdict."""
    lines = [[title, *map(str, count(own).values())] for title, own in rows.items()]
    return _table([head, *(f"{SYMBOL[v]} {v}:" for v in VERDICTS)], lines)


def headlines(rows: Sequence[VerdictRow], claims: Sequence[str]) -> str:
    """Markdown table of the named claims of a paper, in that order.

    Raises:
        ValueError: there is no such claim; the nearest name is suggested.
    """
    lines = []
    for name in claims:
        row = _named(rows, name)
        measured = number(row.statistic)
        if ends := interval(row.low, row.high):
            measured += f" ({ends})"
        cells = (row.statement, threshold(row.threshold), measured, published(row.paper_value))
        lines.append([*map(plain, (*cells, _verdict(row)))])
    return _table(_HEADS, lines)


def _named(rows: Sequence[VerdictRow], claim: str) -> VerdictRow:
    known = {row.claim: row for row in rows}
    if claim not in known:
        raise ValueError(f"there is no claim {claim!r}{suggest(claim, known)}")
    return known[claim]


def strip(paper: PaperSpec, base: str, columns: int = 3) -> str:
    """HTML table of the paper's headline figures, ``columns`` to a row.

    ``base`` is the published tree, relative to the page.
    """
    cells = [
        f'<td width="{100 // columns}%" valign="top">{_linked(paper, name, base)}</td>'
        for name in paper.headlines.figures
    ]
    lines = ["<table>"]
    for start in range(0, len(cells), columns):
        lines += ["<tr>", *cells[start : start + columns], "</tr>"]
    return "\n".join([*lines, "</table>"])


def _picture(papers: Sequence[PaperSpec], base: str) -> str:
    return "\n".join(_linked(paper, name, base, ' width="600"') for paper, name in _shown(papers))


def _linked(paper: PaperSpec, figure: str, base: str, size: str = "") -> str:
    path = html.escape(f"{base}/{paper.key}/figures/{figure}")
    text = html.escape(paper.figures[figure].title)
    picture = f'<img src="{path}.png" alt="{text}"{size}>'
    return f'<a href="{path}.svg">{picture}</a><br><sub>{text}</sub>'


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

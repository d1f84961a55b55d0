"""The generated blocks of the READMEs: findings, verdicts, costs and pictures."""

import html
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path

from reprise.project import Project
from reprise.records.changes import device_type
from reprise.records.record import Record
from reprise.records.tree import Entry, Inventory, take_inventory
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
from reprise.specs.paper import SCALES, PaperSpec

_COLUMNS = 3
"""Figures that stand side by side."""
_HEADS = ("Claim", "Required", "Measured", "Paper or its data", "Verdict")
_OURS = "°"
_LEGEND = (
    f"Headlines are bold. {_OURS}: the bound is ours, not the paper's, its data's or a theory's."
)


Rows = Mapping[str, Sequence[VerdictRow]]
"""Scale -> verdicts of one paper, the smallest scale first."""


def readmes(
    project: Project, papers: Sequence[PaperSpec], scale: str, folder: Path
) -> dict[Path, str]:
    """Path -> text of every README, its blocks renewed from what is published.

    ``folder`` stands for the tree of ``scale``, where it goes. Verdicts and pictures are those of
    the largest scale that a paper was published at, costs those of the smallest; papers that are
    not published at that one are left out.

    Raises:
        ValueError: a page lacks a block, or a table of verdicts is not one of today's.
    """
    places = _published(project) | {scale: folder}
    trees: dict[str, Path] = {name: places[name] for name in SCALES if name in places}
    inventories = {s: take_inventory(place) for s, place in trees.items()}
    first = next(iter(inventories.values()))
    own = {p.key: [e for e in first.entries.values() if e.paper == p.key] for p in papers}
    papers = [paper for paper in papers if own[paper.key]]
    rows = {paper.key: _rows(paper, trees) for paper in papers}
    texts = {
        project.path("README.md"): {
            "picture": _picture(papers, rows),
            "findings": findings(papers, rows),
            "costs": _costs(papers, inventories),
            "verdicts": _verdicts(papers, rows),
        }
    }
    for paper in papers:
        tree = f"../../../results/published/{_largest(rows[paper.key])}"
        texts[papers_folder() / paper.key / "README.md"] = {
            "figures": strip(paper, tree),
            "costs": _job_costs(own[paper.key]),
            "verdicts": _judged(paper, rows[paper.key]),
        }
    renewed = {}
    for page, blocks in texts.items():
        renewed[page] = page.read_text(encoding="utf-8")
        for name, content in blocks.items():
            renewed[page] = replace_block(renewed[page], name, content)
    return renewed


def readme_faults(project: Project, papers: Sequence[PaperSpec]) -> dict[Path, str]:
    """README -> the first line of findings or verdicts that ``results/published`` denies.

    Which claims stand there, in which order and in which plain words is the release's choice.
    """
    trees = _published(project)
    rows = {paper.key: _rows(paper, trees) for paper in papers}
    papers = [paper for paper in papers if rows[paper.key]]
    expected = set(_verdicts(papers, rows).splitlines()) | set(findings([], {}).splitlines())
    ends: tuple[str, ...] = ()
    pages = {project.path("README.md"): ["findings", "verdicts"]}
    for paper in papers:
        pages[papers_folder() / paper.key / "README.md"] = ["verdicts"]
        own = rows[paper.key]
        latest, verdicts = own[_largest(own)], _told(own)
        ends += tuple(_measured(row, verdicts) for row in latest)
        expected |= set(_judged(paper, own).splitlines())
        expected |= {*_claims(latest, [], verdicts).splitlines()}
        expected |= {*_claims([], latest, verdicts).splitlines()}
    expected |= {f"### {head}" for head in KIND_TITLES.values()}
    faults = {}
    for page, blocks in pages.items():
        text = page.read_text(encoding="utf-8")
        lines = [line for name in blocks for line in _parts(text, name)[1].strip("\n").splitlines()]
        if other := [line for line in lines if line not in expected and not line.endswith(ends)]:
            faults[page] = other[0]
    return faults


def _published(project: Project) -> dict[str, Path]:
    """Scale -> folder of its published tree, the smallest scale first."""
    places = {scale: project.path(f"results/published/{scale}") for scale in SCALES}
    return {scale: place for scale, place in places.items() if place.is_dir()}


def _rows(paper: PaperSpec, trees: Mapping[str, Path]) -> Rows:
    found = {}
    for scale, tree in trees.items():
        if (path := tree / paper.key / "verdicts.csv").is_file():
            with path.open("rb") as file:
                found[scale] = verdict_rows(parse_csv(file))
    return found


def _largest(rows: Rows) -> str:
    return list(rows)[-1]


def _told(rows: Rows) -> dict[str, str]:
    """Claim -> its verdict at the largest scale, and each other one that a smaller scale has."""
    *smaller, largest = rows
    verdicts = {row.claim: row.verdict for row in rows[largest]}
    told = {}
    for row in rows[largest]:
        told[row.claim] = ", ".join(filter(None, (_mark(row), plain(row.networks))))
        if smaller:
            told[row.claim] += f", at `{largest}`"
    for scale in smaller:
        for before in rows[scale]:
            if before.claim in verdicts and before.verdict != verdicts[before.claim]:
                told[before.claim] += f"; at `{scale}` {_mark(before)}"
    return told


def _mark(row: VerdictRow) -> str:
    return f"{SYMBOL[row.verdict]} {row.verdict}"


def findings(papers: Sequence[PaperSpec], rows: Mapping[str, Rows]) -> str:
    """Markdown table of what ``headlines`` names of each paper: one finding, one critique.

    Raises:
        ValueError: there is no such claim; the nearest name is suggested.
    """
    lines = []
    for paper in papers:
        for shown in paper.headlines.of_readme:
            own = rows[paper.key]
            row = _named(own[_largest(own)], shown.claim)
            says = f"{plain(shown.says)} Measured: {plain(shown.measure)}"
            lines.append(f"| {_link(paper)}: {says} {_measured(row, _told(own))}")
    return "\n".join(
        [_table(("The paper or its critics say", "Paper", "Here", "Verdict"), []), *lines]
    )


def _measured(row: VerdictRow, told: Mapping[str, str]) -> str:
    """The end of a row of findings: all of it that results decide."""
    cells = [*map(plain, (published(row.paper_value), number(row.statistic))), told[row.claim]]
    return f"(`{row.paper}/{row.claim}`) | {' | '.join(cells)} |"


def _link(paper: PaperSpec) -> str:
    first, *others = paper.authors.split(",")
    cited = f"{first}{' et al.' if others else ''} {paper.year}"
    return f"[{cited}](src/papers/{paper.key}/README.md)"


def _verdicts(papers: Sequence[PaperSpec], rows: Mapping[str, Rows]) -> str:
    """The README's table of verdicts: findings only, one row for each paper and scale."""
    groups: dict[str, Sequence[VerdictRow]] = {}
    for paper in papers:
        own = rows[paper.key]
        for scale in own:
            title = f"{_link(paper)}, `{scale}`" if len(own) > 1 else _link(paper)
            groups[title] = of_kind(own[scale], FINDING)
    latest = [row for own in rows.values() if own for row in own[_largest(own)]]
    larger = any(len(own) > 1 for own in rows.values())
    title = "**Together, each at its largest scale**" if larger else "**Together**"
    groups[title] = of_kind(latest, FINDING)
    return "\n\n".join([summary("Findings of", groups), *_rounding(latest)])


def _judged(paper: PaperSpec, rows: Rows) -> str:
    """The verdicts on a paper's own page: counted by kind, and in each kind headlines first."""
    latest, told = rows[_largest(rows)], _told(rows)
    groups = {
        f"{title}, `{scale}`" if len(rows) > 1 else title: own
        for kind, title in KIND_TITLES.items()
        for scale, every in rows.items()
        if (own := of_kind(every, kind))
    }
    first = [_named(latest, claim) for claim in paper.headlines.claims]
    parts = [summary("Claims", groups), *_rounding(latest), _LEGEND]
    for kind, title in KIND_TITLES.items():
        if own := of_kind(latest, kind):
            bold = [row for row in first if row in own]
            others = [row for row in own if row not in bold]
            parts += [f"### {title}", _claims(bold, others, told)]
    return "\n\n".join(parts)


def _rounding(rows: Sequence[VerdictRow]) -> list[str]:
    same, both = agreement(rows)
    if not both:
        return []
    text = f"Made again with other rounding, {same} of {both} verdicts are the same."
    return [f"{text} Those that differ count as inconclusive."]


def _costs(papers: Sequence[PaperSpec], inventories: Mapping[str, Inventory]) -> str:
    """What the commands took, from the records."""
    first, *larger = inventories
    every = [entry for inventory in inventories.values() for entry in inventory.entries.values()]
    lines = [_time("`make replicate`", [*inventories[first].entries.values()])]
    for paper, name in _shown(papers):
        lineage = inventories[first].lineage([f"{paper.key}/figure/{name}"]).values()
        lines.append(_time(f"`make figure FIG={paper.key}/{name}`", [*filter(None, lineage)]))
    for scale in larger:
        made = inventories[scale].entries.values()
        own = [e for e in made if e.record.node.get("made_at_scale", scale) == scale]
        lines.append(_time(f"`make replicate SCALE={scale}`, beside `{first}`", own))
    devices = ", ".join(sorted({entry.record.environment["cpu"] for entry in every}))
    heads = ("command", "jobs:", "core time:", "two cores, at best:")
    return f"{_table(heads, lines)}\n\nMeasured on {devices}."


def _time(command: str, entries: Collection[Entry]) -> list[str]:
    seconds = sum(_core_s(entry.record) for entry in entries)
    return [command, str(len(entries)), duration(seconds), duration(seconds / 2)]


def _core_s(record: Record) -> float:
    """What a job took of a core, whatever else the machine did; with a device, how long it took."""
    wall_s = record.execution["wall_s"]
    own = device_type(record) in (None, "cpu")
    return float(record.execution.get("cpu_s", wall_s) if own else wall_s)


def _shown(papers: Sequence[PaperSpec]) -> list[tuple[PaperSpec, str]]:
    """The one figure that the README shows: the first of the headlines."""
    return [(paper, name) for paper in papers for name in paper.headlines.figures][:1]


def _job_costs(entries: Iterable[Entry]) -> str:
    rows = []
    for record in (e.record for e in sorted(entries, key=lambda e: e.path) if e.kind == "run"):
        done = record.execution
        pace = done["member_steps_per_s"]
        cells = (
            done["members"],
            NONE if pace is None else f"{pace:,.0f}",
            f"{done['wall_s']:.0f} s",
        )
        rows.append([record.node["name"], *map(str, cells), record.spec["run"]["dtype"]])
    table = _table(["run", "members:", "steps/s (members x steps):", "time:", "dtype"], rows)
    return f"<details>\n<summary>What every run took</summary>\n\n{table}\n\n</details>"


def summary(head: str, rows: Mapping[str, Sequence[VerdictRow]]) -> str:
    """Markdown table of how many of ``rows`` (title -> claims) have which verdict."""
    lines = [[title, *map(str, count(own).values())] for title, own in rows.items()]
    return _table([head, *(f"{SYMBOL[v]} {v}:" for v in VERDICTS)], lines)


def _claims(bold: Sequence[VerdictRow], rows: Sequence[VerdictRow], told: Mapping[str, str]) -> str:
    lines = []
    for row in (*bold, *rows):
        measured = number(row.statistic)
        if ends := interval(row.low, row.high):
            measured += f" ({ends})"
        ours = row.threshold_source.startswith("ours:")
        required = threshold(row.threshold) + (_OURS if ours else "")
        cells = (row.statement, required, measured, published(row.paper_value))
        statement, *others = map(plain, cells)
        lines.append([f"**{statement}**" if row in bold else statement, *others, told[row.claim]])
    return _table(_HEADS, lines)


def _named(rows: Sequence[VerdictRow], claim: str) -> VerdictRow:
    known = {row.claim: row for row in rows}
    if claim not in known:
        raise ValueError(f"there is no claim {claim!r}{suggest(claim, known)}")
    return known[claim]


def strip(paper: PaperSpec, base: str) -> str:
    """HTML table of the paper's headline figures; ``base``: the tree, relative to the page."""
    cells = [
        f'<td width="{100 // _COLUMNS}%" valign="top">{_linked(paper, name, base)}</td>'
        for name in paper.headlines.figures
    ]
    lines = ["<table>"]
    for start in range(0, len(cells), _COLUMNS):
        lines += ["<tr>", *cells[start : start + _COLUMNS], "</tr>"]
    return "\n".join([*lines, "</table>"])


def _picture(papers: Sequence[PaperSpec], rows: Mapping[str, Rows]) -> str:
    return "\n".join(
        _linked(paper, name, f"results/published/{_largest(rows[paper.key])}", ' width="600"')
        for paper, name in _shown(papers)
    )


def _linked(paper: PaperSpec, figure: str, base: str, size: str = "") -> str:
    path = html.escape(f"{base}/{paper.key}/figures/{figure}")
    text = html.escape(paper.figures[figure].title)
    picture = f'<img src="{path}.png" alt="{text}"{size}>'
    return f'<a href="{path}.svg">{picture}</a><br><sub>{text}</sub>'


def replace_block(text: str, name: str, content: str) -> str:
    """``text`` with ``content`` between ``<!-- name:begin -->`` and ``<!-- name:end -->``.

    Raises:
        ValueError: the markers are not there exactly once and in order, or ``content`` holds one.
    """
    if any(marker in content for marker in _markers(name)):
        raise ValueError(f"the content of block {name!r} holds one of its markers")
    head, _, tail = _parts(text, name)
    return f"{head}\n{content.strip(chr(10))}\n{tail}"


def _parts(text: str, name: str) -> tuple[str, str, str]:
    """What stands up to the marker that begins a block, in the block, and from its end on."""
    begin, end = _markers(name)
    found = re.fullmatch(f"(.*{begin})(.*)({end}.*)", text, re.DOTALL)
    if not found or text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"block {name!r} needs {begin} and, after it, {end}, once each")
    return found[1], found[2], found[3]


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

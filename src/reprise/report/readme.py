"""The generated blocks of a README: verdict counts, headline claims, a strip of figures."""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reprise.report.model import VERDICTS, VerdictRow, count
from reprise.report.text import SHORT, SYMBOL, interval, number, published, threshold
from reprise.specs.errors import suggest


def summary(rows: Sequence[VerdictRow], titles: Mapping[str, str]) -> str:
    """Markdown table: one line per paper of ``titles`` (key -> title), one column per verdict.

    With two or more papers a line of totals closes it.
    """
    lines = [
        _line(["Paper", *(f"{SYMBOL[verdict]} {SHORT[verdict]}" for verdict in VERDICTS)]),
        _line(["---", *["--:"] * len(VERDICTS)]),
    ]
    for key, title in titles.items():
        counts = count([row for row in rows if row.paper == key])
        lines.append(_line([plain(title), *map(str, counts.values())]))
    if len(titles) > 1:
        totals = count([row for row in rows if row.paper in titles])
        lines.append(_line(["**Together**", *(f"**{n}**" for n in totals.values())]))
    return "\n".join(lines)


def headlines(rows: Sequence[VerdictRow], claims: Sequence[str]) -> str:
    """Markdown table of the claims named ``paper/claim``, in that order.

    Raises:
        ValueError: there is no such claim; the nearest name is suggested.
    """
    known = {f"{row.paper}/{row.claim}": row for row in rows}
    lines = [
        _line(["Claim", "Required", "Measured", "Paper", "Verdict"]),
        _line(["---", "---", "---", "---", "---"]),
    ]
    for name in claims:
        if name not in known:
            raise ValueError(f"there is no claim {name!r}{suggest(name, known)}")
        row = known[name]
        measured = number(row.statistic)
        if ends := interval(row.low, row.high):
            measured += f" ({ends})"
        cells = [row.statement, threshold(row.threshold), measured, published(row.paper_value)]
        verdict = f"{SYMBOL[row.verdict]} {SHORT[row.verdict]}"
        lines.append(_line([*map(plain, cells), verdict]))
    return "\n".join(lines)


@dataclass(frozen=True)
class Picture:
    """A figure of the strip; paths are relative to the README, in POSIX form."""

    path: str
    title: str
    link: str = ""
    """Where a click leads; the picture itself if empty."""


def strip(pictures: Sequence[Picture], columns: int = 3) -> str:
    """HTML table of pictures with their titles, ``columns`` to a row.

    Raises:
        ValueError: a path is absolute, leaves the repository or names another place.
    """
    rows = [pictures[start : start + columns] for start in range(0, len(pictures), columns)]
    width = f"{100 // columns}%"
    lines = ["<table>"]
    for row in rows:
        lines += ["<tr>", *(_cell(picture, width) for picture in row), "</tr>"]
    return "\n".join([*lines, "</table>"])


def _cell(picture: Picture, width: str) -> str:
    path, link = (_relative(place) for place in (picture.path, picture.link or picture.path))
    title = html.escape(picture.title)
    return (
        f'<td width="{width}" valign="top"><a href="{link}"><img src="{path}" alt="{title}"></a>'
        f"<br><sub>{title}</sub></td>"
    )


def _relative(path: str) -> str:
    place = path.partition("#")[0]
    if place.startswith("/") or ".." in place.split("/") or re.search(r"[:\\\s]", place):
        raise ValueError(f"{path!r} is not a path inside the repository")
    return html.escape(path)


def replace_block(text: str, name: str, content: str) -> str:
    """``text`` with ``content`` between ``<!-- name:begin -->`` and ``<!-- name:end -->``.

    Everything outside the markers is kept byte for byte; doing it twice changes nothing.

    Raises:
        ValueError: the markers are not there exactly once and in order, or ``content`` holds one.
    """
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    if begin in content or end in content:
        raise ValueError(f"the content of block {name!r} holds one of its markers")
    if text.count(begin) != 1 or text.count(end) != 1 or text.index(begin) > text.index(end):
        raise ValueError(f"block {name!r} needs {begin} and, after it, {end}, once each")
    head, tail = text.partition(begin)[0], text.partition(end)[2]
    return f"{head}{begin}\n{content.strip(chr(10))}\n{end}{tail}"


def plain(text: str) -> str:
    """``text`` as the content of a Markdown table cell: one line, no markup."""
    one_line = " ".join(text.split())
    escaped = one_line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\|*`\[\]~])", r"\\\1", escaped)


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"

"""The longest sentences of the pages: advice of ``make check``, never a failure."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGES = ("README.md", "CONTRIBUTING.md", "docs/*.md", "src/papers/*/README.md")
LONG = 30
"""Words above which a sentence is worth splitting."""
SHOWN = 5

_NO_PROSE = re.compile(r"^```.*?^```|<!-- (\w+):begin -->.*?<!-- \1:end -->", re.M | re.S)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_NEW_BLOCK = re.compile(r"\s*([-*>#|<]|\d+\.) ?")
_END = re.compile(r"(?<=[.!?:])\**\s+(?=[A-Z0-9`*(])")
_ABBREVIATED = re.compile(r"\b(e\.g|i\.e|et al|vs|cf|Fig|Eq|Sec|[A-Z])\.$")


def sentences(text: str) -> Iterator[str]:
    """The sentences of a Markdown page, without code, tables, headings and generated blocks."""
    for block in _blocks(_NO_PROSE.sub("\n\n", text)):
        begun = ""
        for part in _END.split(_LINK.sub(r"\1", block)):
            begun = f"{begun} {part}".strip()
            if not _ABBREVIATED.search(begun):
                yield begun
                begun = ""
        if begun:
            yield begun


def _blocks(text: str) -> Iterator[str]:
    """Paragraphs and items of lists, each on one line."""
    lines: list[str] = []
    for line in [*text.splitlines(), ""]:
        mark = _NEW_BLOCK.match(line)
        if lines and (mark or not line.strip()):
            yield " ".join(lines)
            lines = []
        if line.strip() and not (mark and mark[1] in ("#", "|", "<")):
            lines.append(line[mark.end() if mark else 0 :].strip())


def main() -> None:
    """Print how long sentences are, and the longest with their page."""
    pages = sorted(path for pattern in PAGES for path in ROOT.glob(pattern))
    found = [
        (len(sentence.split()), page.relative_to(ROOT).as_posix(), sentence)
        for page in pages
        for sentence in sentences(page.read_text(encoding="utf-8"))
    ]
    found.sort(reverse=True)
    words, long = sum(count for count, *_ in found), sum(count > LONG for count, *_ in found)
    print(f"{words / len(found):.1f} words a sentence; {long} of {len(found)} have over {LONG}")
    for count, page, sentence in found[: min(long, SHOWN)]:
        print(f"{count} words, {page}: {' '.join(sentence.split()[:12])} ...")


if __name__ == "__main__":
    main()

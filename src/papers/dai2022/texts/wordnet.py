"""WordNet 3.1 of the package nlptoolkit-wordnet: sets of synonyms, what they mean, what they are.

Read from the archive, one set of synonyms a line.
"""

import re
import tarfile
from dataclasses import dataclass
from html import unescape
from pathlib import Path

from papers.dai2022.texts.examples import one_line
from reprise.specs.errors import ConfigError

MEMBER = "nlptoolkit_wordnet-1.0.26/WordNet/data/english_wordnet_version_31.xml"

_WORD = re.compile(r"<LITERAL>([^<]*)<")
_HYPERNYM = re.compile(r"<SR>([^<]*)<TYPE>HYPERNYM<")
_ASIDE = re.compile(r"\([^()]*\)")


@dataclass(frozen=True)
class Synset:
    """Words of one meaning; ``hypernyms`` are the ids of the kinds of thing that it is."""

    id: str
    words: tuple[str, ...]
    gloss: str
    hypernyms: tuple[str, ...]


def synsets(archive: Path) -> dict[str, Synset]:
    """All sets of synonyms by id, in the order of the archive; ids of nouns end in ``-n``."""
    lines = _content(archive).splitlines()
    parsed = (_synset(line) for line in lines if line.startswith("<SYNSET>"))
    return {synset.id: synset for synset in parsed}


def _content(archive: Path) -> str:
    with tarfile.open(archive, "r|gz") as content:
        for entry in content:
            member = content.extractfile(entry) if entry.name == MEMBER else None
            if member is not None:
                return member.read().decode("utf-8")
    raise ConfigError(f"{archive} has no {MEMBER}")


def _synset(line: str) -> Synset:
    """One element: expressions read the pinned file four times as fast as an XML parser."""
    start = len("<SYNSET><ID>")
    return Synset(
        id=line[start : line.index("<", start)],
        words=tuple(map(unescape, _WORD.findall(line))),
        gloss=plain(unescape(line.partition("<DEF>")[2].partition("<")[0])),
        hypernyms=tuple(_HYPERNYM.findall(line)),
    )


def plain(gloss: str) -> str:
    """The first statement of a gloss, without what stands in parentheses."""
    statement = one_line(_ASIDE.sub(" ", gloss).partition(";")[0])
    return statement.replace(" ,", ",").strip(" ,:")

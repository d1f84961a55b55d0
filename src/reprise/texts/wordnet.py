"""WordNet 3.1 of the package nlptoolkit-wordnet: sets of synonyms, what they mean, what they are.

Read from the archive, one set of synonyms a line.
"""

import io
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

MEMBER = "nlptoolkit_wordnet-1.0.26/WordNet/data/english_wordnet_version_31.xml"

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
    with tarfile.open(archive) as content:
        member = content.extractfile(MEMBER)
        if member is None:
            raise ValueError(f"{archive.name}: {MEMBER} is no file")
        lines = io.TextIOWrapper(member, encoding="utf-8")
        found = (_synset(line) for line in lines if line.startswith("<SYNSET>"))
        return {synset.id: synset for synset in found}


def _synset(line: str) -> Synset:
    element = ElementTree.fromstring(line)
    relations = ((r.findtext("TYPE"), r.text or "") for r in element.iterfind("SR"))
    return Synset(
        id=element.findtext("ID", ""),
        words=tuple((word.text or "") for word in element.iterfind("SYNONYM/LITERAL")),
        gloss=plain(element.findtext("DEF", "")),
        hypernyms=tuple(target for kind, target in relations if kind == "HYPERNYM"),
    )


def plain(gloss: str) -> str:
    """The first statement of a gloss, without what stands in parentheses."""
    return (
        " ".join(_ASIDE.sub(" ", gloss).partition(";")[0].split()).replace(" ,", ",").strip(" ,:")
    )

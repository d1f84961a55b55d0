"""Is a crate whole? Every file listed and as its digest says, every reference met, no path leaked.

Reads the crate alone: no record, no project, no network.
"""

import hashlib
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from reprise.provenance.crate.store import METADATA

_ABSOLUTE = re.compile(r"file:|(?<![\w.:/%~-])/[\w.-]+/[\w./-]+|\b[A-Za-z]:\\")
"""A path of a machine inside a text; the slashes of URLs and relative paths do not match."""

_NEEDED = ("https://w3id.org/ro/wfrun/provenance/0.5", "https://w3id.org/ro/wfrun/workflow/0.5")
_OUTSIDE = re.compile(r"^[a-z][a-z0-9+.-]*:")
"""An absolute URI: described elsewhere."""

Read = Callable[[str], bytes]


def check(crate: Path) -> list[str]:
    """What is wrong with the crate in this folder or ZIP file; empty if nothing is."""
    if crate.is_dir():
        files = {p.relative_to(crate).as_posix() for p in crate.rglob("*") if p.is_file()}
        return _faults(files, lambda name: (crate / name).read_bytes())
    with zipfile.ZipFile(crate) as archive:
        files = {item.filename for item in archive.infolist() if not item.is_dir()}
        return _faults(files, archive.read)


def _faults(files: set[str], read: Read) -> list[str]:
    try:
        metadata = json.loads(read(METADATA))
        entities = {entity["@id"]: entity for entity in metadata["@graph"]}
        root = entities["./"]
    except (KeyError, FileNotFoundError, ValueError, TypeError) as error:
        return [f"{METADATA} is no crate: {type(error).__name__}: {error}"]
    return [
        *_profile_faults(root),
        *_file_faults(entities, files, read),
        *_reference_faults(entities),
        *(f"{where}: absolute path {text!r}" for where, text in _leaks(entities)),
    ]


def _profile_faults(root: dict[str, Any]) -> Iterator[str]:
    claimed = _ids(root.get("conformsTo", []))
    yield from (f"does not conform to {profile}" for profile in _NEEDED if profile not in claimed)
    if "mainEntity" not in root:
        yield "no main workflow"


def _file_faults(entities: dict[str, dict[str, Any]], files: set[str], read: Read) -> Iterator[str]:
    listed = {
        unquote(i): e
        for i, e in entities.items()
        if "File" in _list(e.get("@type")) and not _OUTSIDE.match(i)
    }
    yield from (f"{name} is not described" for name in sorted(files - {METADATA, *listed}))
    for name, entity in sorted(listed.items()):
        if name not in files:
            yield f"{name} is missing"
            continue
        data = read(name)
        if hashlib.sha256(data).hexdigest() != entity.get("sha256"):
            yield f"{name}: wrong digest"
        if str(len(data)) != entity.get("contentSize"):
            yield f"{name}: wrong size"


def _reference_faults(entities: dict[str, dict[str, Any]]) -> Iterator[str]:
    parts = _ids(entities["./"].get("hasPart", []))
    for identifier, entity in sorted(entities.items()):
        if "File" in _list(entity.get("@type")) and identifier not in parts:
            yield f"{identifier} is not part of the crate"
        for name, value in entity.items():
            for target in _ids(value) - set(entities):
                if not _OUTSIDE.match(target):
                    yield f"{identifier}: {name} refers to {target}, which is not described"


def _leaks(entities: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for identifier, entity in sorted(entities.items()):
        if identifier.startswith(("/", "../")) or "/../" in identifier or "\\" in identifier:
            yield identifier, identifier
        for name, value in entity.items():
            for text in _texts(value):
                if name != "@id" and (found := _ABSOLUTE.search(unquote(text))):
                    yield identifier, found[0]


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _texts(item)


def _ids(value: Any) -> set[str]:
    return {item["@id"] for item in _list(value) if isinstance(item, dict) and "@id" in item}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]

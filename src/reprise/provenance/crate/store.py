"""A crate on disk: a folder or a ZIP file, rewritten only where it differs."""

import io
import json
import shutil
import zipfile
from pathlib import Path

from reprise.provenance.crate.description import Description
from reprise.storage.atomic import sha256, write_bytes

METADATA = "ro-crate-metadata.json"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The date of every file in a ZIP: the crate depends on contents alone."""


class NotACrate(Exception):
    """A folder that is to be written holds something else."""


def write_folder(description: Description, folder: Path) -> int:
    """Make ``folder`` hold exactly the crate; the number of files that had to be written.

    Raises:
        NotACrate: there is something in ``folder`` and it is no crate.
    """
    held = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    if held and METADATA not in held:
        raise NotACrate(f"{folder} is not empty and no crate; choose another folder")
    wanted = {METADATA, *(part.path for part in description.parts)}
    for name in held - wanted:
        (folder / name).unlink()
    written = 0
    for part in description.parts:
        target = folder / part.path
        if part.path not in held or sha256(target) != part.digest:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(part.source, target)
            written += 1
    return written + _write_if_other(folder / METADATA, metadata_bytes(description))


def write_zip(description: Description, path: Path) -> int:
    """Write the crate as a ZIP file; 0 where it was there already, byte for byte."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _put(archive, METADATA, metadata_bytes(description))
        for part in sorted(description.parts, key=lambda part: part.path):
            _put(archive, part.path, part.source.read_bytes())
    return _write_if_other(path, buffer.getvalue())


def metadata_bytes(description: Description) -> bytes:
    """The metadata file: sorted JSON, so that the same records give the same bytes."""
    text = json.dumps(description.metadata, indent=1, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name, _EPOCH)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    archive.writestr(entry, data)


def _write_if_other(path: Path, data: bytes) -> int:
    if path.is_file() and path.read_bytes() == data:
        return 0
    write_bytes(path, data)
    return 1

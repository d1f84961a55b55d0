"""Digests of local files that a user hands in: checkpoints and data sets too large to copy."""

import json
from contextlib import suppress
from pathlib import Path

from reprise.specs.errors import ConfigError, suggest
from reprise.storage.atomic import sha256, write_bytes


def file_digests(where: str, path: Path, cache: Path) -> dict[str, str]:
    """Path below ``path`` (or its own name) -> sha256, of every file but hidden ones.

    Files whose size and date are those of an earlier call, kept in ``cache``, are not read again.

    Raises:
        ConfigError: there is nothing at ``path``; ``where`` is the field that names it.
    """
    if not path.exists():
        near = suggest(path.name, (p.name for p in path.parent.glob("*")))
        raise ConfigError(f"{where}: no file or folder {str(path)!r}{near}")
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    visible = [f for f in files if not any(p.startswith(".") for p in f.relative_to(path).parts)]
    if not visible:
        raise ConfigError(f"{where}: the folder {str(path)!r} holds no files")
    known = _read(cache)
    marks = {file: _mark(file) for file in visible}
    found = {file: known.get(marks[file]) or sha256(file) for file in visible}
    fresh = {marks[file]: digest for file, digest in found.items()}
    if not fresh.items() <= known.items():
        with suppress(OSError):
            write_bytes(cache, json.dumps({**known, **fresh}, indent=0).encode())
    return {_name(file, path): digest for file, digest in found.items()}


def _name(file: Path, path: Path) -> str:
    return file.name if file == path else file.relative_to(path).as_posix()


def _mark(file: Path) -> str:
    stat = file.stat()
    return f"{file.resolve()} {stat.st_size} {stat.st_mtime_ns}"


def _read(cache: Path) -> dict[str, str]:
    with suppress(OSError, ValueError):
        known = json.loads(cache.read_text("utf-8"))
        if isinstance(known, dict):
            return known
    return {}

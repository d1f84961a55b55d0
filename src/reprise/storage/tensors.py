"""Arrays in safetensors files: nothing is executed on load, and every load checks a sha256.

The format itself has no checksum (a flipped byte loads as a wrong value), so digests are ours: in
the record of a finished output, in the file name of a resume state.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

_HEADER = "reprise"


class DamagedFile(Exception):
    """A file is not what its digest or header promises; nothing of it was used."""


def encode(arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]) -> bytes:
    """Bytes of a safetensors file; one metadata key, since the order of several is not defined."""
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return bytes(save(contiguous, metadata={_HEADER: json.dumps(header, sort_keys=True)}))


def read_tensors(path: Path, sha256: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """Arrays, in the order of their names (the library's own order is random), and header.

    DamagedFile: the content is not the one with digest ``sha256``, or not safetensors.
    """
    data = path.read_bytes()
    actual = hashlib.sha256(data).hexdigest()
    if actual != sha256:
        raise DamagedFile(f"{path}: sha256 is {actual[:12]}..., expected {sha256[:12]}...")
    try:
        return dict(sorted(load(data).items())), _header(data)
    except (SafetensorError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamagedFile(f"{path}: not a file of ours: {error}") from error


def digest(arrays: Mapping[str, np.ndarray]) -> str:
    """sha256 of named arrays: names, types, shapes and values, in the order of the names."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def _header(data: bytes) -> dict[str, Any]:
    length = int.from_bytes(data[:8], "little")
    metadata = json.loads(data[8 : 8 + length])["__metadata__"]
    header = json.loads(metadata[_HEADER])
    if not isinstance(header, dict):
        raise TypeError(f"its header is a {type(header).__name__}")
    return header


def member_digest(params: Mapping[str, np.ndarray], member: int) -> str:
    """Digest of one member's parameters out of arrays (member, ...)."""
    return digest({name: array[member] for name, array in params.items()})

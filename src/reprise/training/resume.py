"""Resume states of a training: the newest two, each named by its position and sha256.

They live in the project's cache, outside declared outputs, so that a scheduler which removes the
outputs of a killed job leaves them alone.
"""

import hashlib
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reprise.project import Project
from reprise.storage.atomic import write_bytes
from reprise.storage.tensors import DamagedFile, encode, read_tensors

_NAME = re.compile(r"^(\d{12})-([0-9a-f]{64})\.safetensors$")
_KEEP = 2

log = logging.getLogger(__name__)


class ResumeStore:
    """Save and find resume states of the training with one fingerprint."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        self.folder = folder
        self.fingerprint = fingerprint

    def save(
        self, position: int, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]
    ) -> None:
        """Write the state after ``position`` chunks atomically; drop all but the newest two."""
        data = encode(arrays, {**header, "fingerprint": self.fingerprint, "position": position})
        name = f"{position:012d}-{hashlib.sha256(data).hexdigest()}.safetensors"
        write_bytes(self.folder / name, data)
        for path in self._states()[_KEEP:]:
            path.unlink(missing_ok=True)

    def newest(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]] | None:
        """Position, arrays and header of this training's newest intact state; None without one.

        A damaged state, or one of another training, is refused with a warning and the one before it
        used.
        """
        for path in self._states():
            match = _NAME.match(path.name)
            assert match is not None
            try:
                arrays, header = read_tensors(path, match[2])
            except (DamagedFile, OSError) as error:
                log.warning("refused resume state: %s", error)
                continue
            except (MemoryError, RecursionError) as error:
                log.warning("refused resume state: %s: %s", path, type(error).__name__)
                continue
            if not self._is_own(header, int(match[1])):
                log.warning("refused resume state %s: it belongs to another training", path)
                continue
            return int(match[1]), arrays, header
        return None

    def clear(self) -> None:
        """Remove all states and the folder, once the outputs are written."""
        if self.folder.is_dir():
            for path in self.folder.iterdir():
                path.unlink(missing_ok=True)
            self.folder.rmdir()

    def _is_own(self, header: Any, position: int) -> bool:
        expected = {"fingerprint": self.fingerprint, "position": position}
        return isinstance(header, dict) and header.items() >= expected.items()

    def _states(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted((p for p in self.folder.iterdir() if _NAME.match(p.name)), reverse=True)


def resume_store(project: Project, fingerprint: str) -> ResumeStore:
    """The states of the run with this fingerprint."""
    return ResumeStore(project.cache / "resume" / fingerprint, fingerprint)

"""A full disk: a message with the bytes that are missing, no half file, and it goes on later."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.faults

Mount = Callable[[Path, str], None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mounts a file system of a given size at a folder, or gives it another size."""
    mounted: list[Path] = []

    def mount(folder: Path, size: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        options = f"size={size},remount" if folder in mounted else f"size={size}"
        command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode:
            pytest.skip(f"cannot mount a small file system: {result.stderr.strip()}")
        mounted.append(folder)

    if os.geteuid() != 0:
        pytest.skip("only root can mount a small file system")
    yield mount
    for folder in dict.fromkeys(mounted):
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.parametrize("place", ["results", ".reprise/resume"])
def test_a_full_disk_stops_cleanly_and_the_same_command_goes_on(
    training: Any, expected: dict[str, str], mount: Mount, place: str
) -> None:
    folder = training.workspace.root / place
    mount(folder, "8k")
    said = training.make(code=1)
    assert "No space left on device" in said
    assert "cannot write" in said and "bytes" in said
    assert "Traceback" not in said
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in files if path.suffix == ".tmp"]
    assert not [path for path in files if path.name == "record.json"]
    mount(folder, "50m")
    training.make()
    assert training.workspace.digests() == expected

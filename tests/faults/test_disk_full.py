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
def test_a_full_disk_stops_a_training_cleanly_and_the_same_command_goes_on(
    training: Any, expected: dict[str, str], mount: Mount, place: str
) -> None:
    folder = training.workspace.root / place
    mount(folder, "8k")
    refused(training.make(code=1), folder)
    mount(folder, "50m")
    training.make()
    assert training.workspace.digests() == expected


@pytest.mark.parametrize(("name", "place"), [("accuracy", "tables"), ("figure", "figures")])
def test_a_full_disk_stops_a_table_or_figure_cleanly_and_the_same_command_goes_on(
    made: Any, undisturbed: dict[str, str], mount: Mount, name: str, place: str
) -> None:
    folder = made.workspace.results / "demo2024" / place
    mount(folder, "4k")
    refused(made.make(name, code=1), folder)
    assert made.state(name).name == "missing"
    mount(folder, "50m")
    made.make(name)
    assert made.state(name).name == "current"
    after = made.workspace.digests()
    for path in made.node(name).outputs:
        assert after[path] == undisturbed[path]


def refused(said: str, folder: Path) -> None:
    """The message has the missing bytes; nothing in ``folder`` looks finished."""
    assert "No space left on device" in said
    assert "cannot write" in said and "bytes" in said
    assert "Traceback" not in said
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert not [path for path in files if path.suffix == ".tmp"]
    assert not [path for path in files if path.name.endswith("record.json")]

"""Numbers for people, and lines that show what a file holds as it is."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reprise.cli.output import Outlet, duration_range, show_line, size

ROOT = Path(__file__).resolve().parents[3]
needs_a_full_device = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="needs /dev/full, which macOS lacks"
)


def test_sizes_are_for_people() -> None:
    assert (size(999e6), size(1.52e9)) == ("999.0 MB", "1.5 GB")


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (0.2, 4, "up to 4 s"),
        (20, 90, "20 to 90 s"),
        (600, 9600, "10 to 160 min"),
        (7200, 30_000, "2 to 8 h"),
        (86400, 864_000, "1 to 10 days"),
    ],
)
def test_ranges_have_one_unit(low: float, high: float, shown: str) -> None:
    assert duration_range(low, high) == shown


def test_what_stands_in_a_file_moves_no_cursor(console: Any) -> None:
    show_line("[red]a\x1b[2J\nb[/]", console)
    assert console.file.getvalue() == "[red]a\\x1b[2J\\nb[/]\n"


def test_a_reader_that_closed_the_pipe_is_no_fault() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    closed = Outlet(writer, "wb")
    assert (closed.write(b"words"), closed.problem) == (5, None)
    closed.close()


@needs_a_full_device
def test_a_full_device_is_a_fault() -> None:
    with Outlet(os.open("/dev/full", os.O_WRONLY), "wb") as full:
        assert full.write(b"words") == 5
        assert full.problem and full.problem.strerror == "No space left on device"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("list claims --json | head -1", 0, ""),
        ("list >&- 2>&-", 0, ""),
        ("list nosuch | true", 2, "no kind 'nosuch' (choose from"),
        pytest.param(
            "list --json > /dev/full",
            1,
            "some output could not be written: No space left on device",
            marks=needs_a_full_device,
        ),
    ],
)
def test_verbs_end_with_their_own_code_whoever_reads(command: str, code: int, said: str) -> None:
    program = f"'{sys.executable}' -c 'from reprise.cli import main; main()' {command}"
    shell = ["bash", "-c", f"{program}; exit ${{PIPESTATUS[0]}}"]
    done = subprocess.run(shell, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert done.stderr.strip().startswith(said)
    assert len(done.stderr.splitlines()) == bool(said)

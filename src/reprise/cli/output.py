"""How the verbs print: streams, consoles, lines, JSON, and numbers for people."""

import io
import json
import os
import sys
from pathlib import Path
from typing import Any

from rich.console import Console

from reprise.specs.errors import ConfigError
from reprise.storage.atomic import write_text

_PLAIN_WIDTH = 120


class Outlet(io.FileIO):
    """Where output goes. What cannot be written is dropped, so that no verb ends half-way."""

    problem: OSError | None = None
    """Why something was dropped, but for a reader that closed a pipe: it has seen enough."""

    def write(self, data: Any) -> int:
        """Write ``data``, or drop it."""
        try:
            return super().write(data)
        except BrokenPipeError:
            pass
        except OSError as error:
            self.problem = error
        return memoryview(data).nbytes


def open_outlets() -> list[Outlet]:
    """Let standard output and errors be outlets; closed ones lead nowhere.

    Streams that somebody put in the place of the process's own stay.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one
    outlets = []
    for number, name in ((1, "stdout"), (2, "stderr")):
        before = getattr(sys, name)
        if before is not getattr(sys, f"__{name}__"):
            continue
        outlet = Outlet(number, "wb", closefd=False)
        encoding, errors = (before.encoding, before.errors) if before else ("utf-8", "replace")
        text = io.TextIOWrapper(io.BufferedWriter(outlet), encoding, errors)
        text.reconfigure(line_buffering=outlet.isatty() or name == "stderr")
        setattr(sys, name, text)
        outlets.append(outlet)
    return outlets


def console() -> Console:
    """A console as wide as the terminal, or of a fixed width where the output goes elsewhere."""
    return Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH)


def show_line(text: str, console: Console, style: str = "") -> None:
    """Print a line as it is: what stands in a file is no markup and moves no cursor."""
    console.print(plain(text), style=style, markup=False, highlight=False, soft_wrap=True)


def plain(text: str) -> str:
    """``text`` with everything that is not printable escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def write_page(path: Path, text: str) -> None:
    """Write ``text`` where the user wants it; raises ConfigError where that is impossible."""
    try:
        if path.exists() and not path.is_file():
            raise ConfigError(f"--html {path}: is there, and is no file")
        write_text(path, text)
    except OSError as error:
        raise ConfigError(f"--html {path}: {error.strerror}") from None


def dumped(value: dict[str, Any]) -> str:
    """JSON for machines, in ASCII whatever a tree holds."""
    return json.dumps(value, indent=2)


def duration_range(low_s: float, high_s: float) -> str:
    """``600, 9600`` as ``10 to 160 min``."""
    for unit, seconds, most in (("s", 1, 300), ("min", 60, 200), ("h", 3600, 100)):
        if high_s / seconds < most:
            low = round(low_s / seconds)
            return f"{f'{low} to' if low else 'up to'} {round(high_s / seconds)} {unit}"
    return f"{low_s / 86400:,.0f} to {high_s / 86400:,.0f} days"


def size(number: float) -> str:
    """``1.5e9`` as ``1.5 GB``."""
    return f"{number / 1e9:.1f} GB" if number >= 1e9 else f"{number / 1e6:.1f} MB"

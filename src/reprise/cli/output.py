"""How the verbs print: consoles, lines, JSON, and numbers for people."""

import json
import sys
from typing import Any

from rich.console import Console

_PLAIN_WIDTH = 120


def console() -> Console:
    """A console as wide as the terminal, or of a fixed width where the output goes elsewhere."""
    return Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH)


def show_line(text: str, console: Console, style: str = "") -> None:
    """Print a line as it is: what stands in a file is no markup and moves no cursor."""
    console.print(plain(text), style=style, markup=False, highlight=False, soft_wrap=True)


def plain(text: str) -> str:
    """``text`` with everything that is not printable escaped."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


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

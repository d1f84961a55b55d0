"""Where the verbs print."""

import sys

from rich.console import Console

_PLAIN_WIDTH = 120


def console() -> Console:
    """A console as wide as the terminal, or of a fixed width where the output goes elsewhere."""
    return Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH)

"""Reprise re-runs papers on grokking and in-context learning and shows what held up.

``reprise.open("results/cpu")`` gives the results as data (``reprise.api``).
"""

from typing import Any


def __getattr__(name: str) -> Any:
    # On demand, since what reads results takes a second to import; its type is in __init__.pyi.
    if name == "open":
        from reprise.api import open_results

        return open_results
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")

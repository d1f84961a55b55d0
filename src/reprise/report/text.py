"""Numbers, durations and names as readers see them."""

import math
import re

from reprise.plotting.numbers import NONE as NONE
from reprise.plotting.numbers import number as number

_SIGNS = {">=": "≥", "<=": "≤"}


def interval(low: float, high: float) -> str:
    """``low to high``; empty where there is none."""
    if math.isnan(low) or math.isnan(high):
        return ""
    return f"{number(low)} to {number(high)}"


def threshold(text: str) -> str:
    """The written threshold as readers see it: ``>= -4000`` -> ``≥ −4,000``."""
    return " ".join(_SIGNS.get(part) or published(part) for part in text.split())


def published(text: str) -> str:
    """A value as the paper gives it: numbers like ours, words as they are, a dash for nothing."""
    try:
        return number(float(text))
    except ValueError:
        return text or NONE


def plural(number: int, what: str) -> str:
    """``1 job``, ``3 jobs``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def duration(seconds: float | None) -> str:
    """0.4 s, 12 s, 3 min 20 s, 1 h 05 min, 14 days; a dash where unknown."""
    if seconds is None:
        return NONE
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    minutes = round(seconds / 60)
    if minutes < 6000:
        return f"{minutes // 60} h {minutes % 60:02d} min"
    return f"{seconds / 86400:,.0f} days"


def anchor(*parts: str) -> str:
    """A fragment identifier: letters, digits, ``_``, ``.`` and ``-`` only."""
    return "-".join(re.sub(r"[^A-Za-z0-9_.-]", "-", part) for part in parts)


def web_link(link: str) -> str:
    """``link`` if it is an http(s) address, else nothing: no other scheme becomes clickable."""
    return link if re.match(r"https?://[^\s]+\Z", link) else ""

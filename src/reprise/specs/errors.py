"""The one error that config and paper files raise, and the nearest valid choice."""

import difflib
from collections.abc import Iterable

WRONG_INPUT = "wrong input: "
"""How a job's log tells of such an error; ``reprise run`` ends with exit code 2 then."""


class ConfigError(Exception):
    """A user's file or option is wrong; the message names file, path, value and nearest choice."""


def suggest(value: object, choices: Iterable[object]) -> str:
    """`` (did you mean 'x'?)`` with the nearest of ``choices``, or the list where none is near."""
    names = sorted(map(str, choices))
    near = difflib.get_close_matches(str(value), names, n=1, cutoff=0.5)
    if not near:
        folded = {name.casefold(): name for name in names}
        near = [folded[m] for m in difflib.get_close_matches(str(value).casefold(), folded, n=1)]
    if near:
        return f" (did you mean {near[0]!r}?)"
    if 0 < len(names) <= 12:
        return f" (choose from {', '.join(map(repr, names))})"
    return ""


def nearest_divisor(number: int, wanted: int) -> int:
    """The divisor of ``number`` that is nearest to ``wanted``; of two equally near, the smaller."""
    divisors = (n for n in range(1, number + 1) if number % n == 0)
    return min(divisors, key=lambda n: abs(n - wanted))

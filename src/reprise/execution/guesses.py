"""What a dataset or table costs that was never made at this scale: guesses, with their range."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

SPREAD = 4.0
"""A guess may be this many times too high or too low."""
_MOST = 1000.0


def growth(old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[float, float]:
    """How much more work the parameters ``new`` are than ``old``: guess, and its uncertainty.

    Of the counts that changed (whole numbers, lengths of lists) the largest change is at least
    done, their product at most: the guess is the geometric mean, the uncertainty its distance.
    """
    ratios = [math.log(ratio) for ratio in _ratios(old, new)]
    if not ratios:
        return 1.0, 1.0
    largest, product = max(ratios, key=abs), sum(ratios)
    bound = math.log(_MOST)
    low, high = (max(-bound, min(bound, x)) for x in (largest, product))
    return math.exp((low + high) / 2), math.exp(abs(high - low) / 2)


def networks(now: Sequence[float | None], then: Sequence[float | None]) -> float:
    """How much larger the networks are that a table reads: ratio of the sums of their FLOPs.

    1 where one of them was never counted.
    """
    if not now or not then or None in now or None in then:
        return 1.0
    return sum(x for x in now if x) / sum(x for x in then if x)


def _ratios(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[float]:
    for name in old.keys() & new.keys():
        before, after = _size(old[name]), _size(new[name])
        if before and after and before != after:
            yield after / before


def _size(value: Any) -> int:
    if isinstance(value, bool):
        return 0
    if isinstance(value, list | tuple):
        return len(value)
    return value if isinstance(value, int) and value > 0 else 0

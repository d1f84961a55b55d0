"""The one way in which pictures and pages write a number."""

import math

NONE = "–"


def percent(share: float) -> str:
    """A share in whole percent: 0.347 -> ``35 %``."""
    return f"{100 * share:.0f} %"


def number(value: float, digits: int = 4) -> str:
    """``digits`` significant digits, of which those before the point are never rounded away.

    A dash stands for NaN: 0.97, 12.35, 1.3e-6, 50,000, −0.5.
    """
    if math.isnan(value):
        return NONE
    return _magnitude(abs(value), digits) if value >= 0 else f"−{_magnitude(-value, digits)}"


def _magnitude(value: float, digits: int) -> str:
    if value and not 1e-3 <= value < 1e6:
        mantissa, _, exponent = f"{value:.{min(digits - 1, 2)}e}".partition("e")
        if not exponent:  # an infinity
            return mantissa
        return f"{float(mantissa):g}e{int(exponent)}"
    if value >= 10 ** (digits - 1):
        return f"{value:,.0f}"
    return f"{value:.{digits}g}"

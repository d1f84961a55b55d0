"""The one way in which pictures and pages write a number."""

import math

NONE = "–"


def percent(share: float) -> str:
    """A share in whole percent: 0.347 -> ``35 %``."""
    return f"{100 * share:.0f} %"


def number(value: float, digits: int = 4) -> str:
    """``digits`` significant digits; a dash for NaN: 0.97, 12.35, 1.3e-6, 50000."""
    if math.isnan(value):
        return NONE
    if value and not 1e-3 <= abs(value) < 1e6:
        mantissa, _, exponent = f"{value:.{min(digits - 1, 2)}e}".partition("e")
        if not exponent:  # an infinity
            return mantissa
        return f"{float(mantissa):g}e{int(exponent)}"
    if abs(value) >= 10 ** (digits - 1):
        return f"{value:.0f}"
    return f"{value:.{digits}g}"

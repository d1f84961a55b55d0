"""The verdicts on a claim, and how each is written where there is little room."""

REPRODUCED, PARTLY, NOT_REPRODUCED = "reproduced", "partly", "not reproduced"
NOT_TESTED = "not tested at this scale"

VERDICTS = (REPRODUCED, PARTLY, NOT_REPRODUCED, NOT_TESTED)
"""Every possible verdict, best first."""

SHORT = {verdict: verdict.removesuffix(" at this scale") for verdict in VERDICTS}
"""Verdict -> the words used where room is short."""

SLUG = dict(zip(VERDICTS, ("yes", "partly", "no", "untested"), strict=True))
"""Verdict -> the name of its colour and icon."""

SYMBOL = dict(zip(VERDICTS, ("✓", "◐", "✗", "–"), strict=True))
"""Verdict -> a character that differs in shape, for plain text."""

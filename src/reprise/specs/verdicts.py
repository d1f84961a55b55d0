"""The verdicts on a claim, and how each is written where there is little room."""

REPRODUCED, PARTLY, INCONCLUSIVE = "reproduced", "partly", "inconclusive"
CONTRADICTED, NOT_TESTED = "contradicted", "not tested"

VERDICTS = (REPRODUCED, PARTLY, INCONCLUSIVE, CONTRADICTED, NOT_TESTED)
"""Every possible verdict, best first."""

SLUG = dict(zip(VERDICTS, ("yes", "partly", "open", "no", "untested"), strict=True))
"""Verdict -> the name of its colour and icon."""

SYMBOL = dict(zip(VERDICTS, ("✓", "◐", "?", "✗", "–"), strict=True))
"""Verdict -> a character that differs in shape, for plain text."""

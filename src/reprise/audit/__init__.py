"""Audit: results proved, signed for, exported, compared, made again, taken over."""

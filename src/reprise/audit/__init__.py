"""Audit: differences between results, side by side, made again, taken over."""

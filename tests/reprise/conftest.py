"""A project folder around the small graph, with a plan of it."""

from planned import empty, planned

__all__ = ["empty", "planned"]

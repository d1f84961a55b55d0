from reprise.api import open_results as open  # noqa: A004

__all__ = ["open"]

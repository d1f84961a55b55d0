"""What tests of packaged text share: the archives, or a skip that says why, and tiny archives."""

import pytest

from papers.dai2022.texts.packages import archive
from reprise.specs.errors import ConfigError


def need(*names: str) -> None:
    """Skip the test unless the packages ``names`` have been fetched."""
    for name in names:
        try:
            archive(name)
        except ConfigError as error:
            pytest.skip(f"needs a text package: {error}")

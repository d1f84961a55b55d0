"""What every test gets: checked shapes in the science rooms, repeatable Hypothesis, a browser."""

import os
import shutil

import hypothesis
import matplotlib
import pytest
from jaxtyping import install_import_hook

PAPERS = ("pearce2023", "yadlowsky2023", "vonoswald2023", "dai2022")
SCIENCE = ("tasks", "models", "theory", "analysis")

# Before any of these modules is imported: shapes and types in their signatures are then enforced.
install_import_hook(
    [
        "reprise.training",
        "reprise.stats",
        "papers.shared",
        *(f"papers.{paper}.{room}" for paper in PAPERS for room in SCIENCE),
    ],
    "typecheck.checked",
)

matplotlib.use("agg")
hypothesis.settings.register_profile("reprise", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("reprise")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a headless browser; without one the test is skipped, except in CI, where it fails."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    if os.environ.get("CI"):
        pytest.fail("CI has no chromium")
    pytest.skip("needs chromium")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the slow rooms, so that no worker ends with one of them alone."""
    items.sort(key=lambda item: not {"workflow", "faults"} & set(item.path.parts))

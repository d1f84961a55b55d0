"""What every test gets: checked shapes, a quick compiler, repeatable draws, a small project."""

import atexit
import gc
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import hypothesis
import matplotlib
import pytest
from browser import Browser, Page
from forked_jobs import JobServer
from jaxtyping import install_import_hook
from once import once
from workspace import PLAIN_FUSIONS, SHARED, Workspace, build_workspace, copy_workspace

from reprise.jobs.fork_server import VARIABLE, may_fork
from reprise.machine import cores

PAPERS = ("pearce2023", "yadlowsky2023", "vonoswald2023", "dai2022")
SCIENCE = ("tasks", "models", "theory", "analysis")
COMPILER = {
    "JAX_DISABLE_MOST_OPTIMIZATIONS": "1",
    "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0.05",
    "XLA_FLAGS": PLAIN_FUSIONS,
}
"""Toy networks are compiled longer than they run; ``optimised`` brings the usual compiler back."""

# Before JAX is imported. The workers of a session inherit its cache, and so do their processes.
os.environ.update(COMPILER)
if "JAX_COMPILATION_CACHE_DIR" not in os.environ:
    compiled = tempfile.mkdtemp(prefix="reprise-compiled-")
    os.environ["JAX_COMPILATION_CACHE_DIR"] = compiled
    atexit.register(shutil.rmtree, compiled, ignore_errors=True)

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


@pytest.fixture(scope="session")
def browser(chromium: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser that tests drive; each opens pages of its own."""
    made = Browser(chromium, tmp_path_factory.mktemp("browser"))
    yield made
    made.close()


@pytest.fixture
def explored(browser: Browser, tmp_path: Path) -> Callable[[Sequence[str]], Page]:
    """A page with the markup of explorable blocks, drawn, under the policy of the report's."""
    from explored import write

    def opened(blocks: Sequence[str]) -> Page:
        page = browser.page(write(tmp_path, blocks))
        page.wait(f"document.querySelectorAll('.explorable svg').length === {len(blocks)}")
        return page

    return opened


@pytest.fixture(scope="session")
def job_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JobServer]:
    """Makes nodes, and all jobs of the runs of small projects that do not start their own."""
    server = JobServer(tmp_path_factory.mktemp("jobs"))
    if may_fork():
        SHARED[VARIABLE] = str(server.socket)
    yield server
    SHARED.clear()
    server.close()


@pytest.fixture(scope="session")
def unstarted(job_server: JobServer, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A project with one scaffolded paper, in which nothing was made; tests copy it."""
    return Workspace(once(tmp_path_factory, "unstarted", lambda root: build_workspace(root).root))


@pytest.fixture(scope="session")
def template(unstarted: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The finished project; tests read it and copy it, and leave it as it is."""

    def finish(root: Path) -> None:
        copy_workspace(unstarted, root).run()

    return Workspace(once(tmp_path_factory, "template", finish))


@pytest.fixture
def workspace(template: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the finished project for one test."""
    return copy_workspace(template, tmp_path / "project")


def pytest_xdist_auto_num_workers() -> int:
    """As many as cores are allocated; by itself the plugin counts those of the machine."""
    return cores()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the slow rooms, so that no worker ends with one of them alone."""
    items.sort(key=lambda item: not {"workflow", "faults"} & set(item.path.parts))


@pytest.hookimpl(trylast=True)
def pytest_collection_finish() -> None:
    """Look through the modules for garbage never again, and for new garbage less often."""
    gc.freeze()
    gc.set_threshold(100_000, 20, 100)

"""The oldest supported version of the workflow engine."""

import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from workspace import KEY, ROOT, Workspace, edit

pytestmark = pytest.mark.faults


def oldest() -> str:
    """What the Snakefile asks for."""
    match = re.search(r'min_version\("([\d.]+)"\)', (ROOT / "Snakefile").read_text())
    assert match
    return match[1]


@pytest.fixture(scope="session")
def oldest_engine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the oldest version, for PYTHONPATH; what it needs is installed already."""
    folder = tmp_path_factory.mktemp("oldest")
    wanted = f"snakemake=={oldest()}.*"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder)]
    result = subprocess.run(
        [*pip, "--retries", "0", "--timeout", "15", wanted], capture_output=True, text=True
    )
    if result.returncode:
        pytest.skip(f"cannot install {wanted}: {result.stderr.strip()[-200:]}")
    return folder


@pytest.mark.slow
def test_the_oldest_version_makes_the_same_and_sees_the_same(
    workspace: Workspace, oldest_engine: Path
) -> None:
    undisturbed = workspace.digests()
    path = f"{oldest_engine}:{workspace.environment['PYTHONPATH']}"
    workspace = replace(workspace, variables={"PYTHONPATH": path})
    engine = (sys.executable, "-m", "snakemake")
    assert workspace.call(*engine, "--version", code=0).stdout.startswith(f"{oldest()}.")
    dry = workspace.call(*engine, "-n", code=0)
    assert "Nothing to be done" in dry.stdout + dry.stderr
    edit(workspace.results / KEY / "tables" / "accuracy.csv", "train", "trein")
    dry = workspace.call(*engine, "-n", code=0).stdout
    planned = set(re.findall(r"^(?:local)?rule (\w+):", dry, re.M)) - {"all"}
    assert planned == {"table", "figure", "verdict", "report"}
    workspace.run()
    assert workspace.digests() == undisturbed

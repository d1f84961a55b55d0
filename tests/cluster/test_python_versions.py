"""What another Python than this one makes of the sources."""

import json
import os
import shutil
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest

import reprise
from reprise.graph.closure import closure

SOURCE = Path(reprise.__file__).resolve().parents[1]
NEWER = ("python3.12", "python3.13")
NEEDED = ("psutil", "pydantic", "PyYAML")  # by what finds a closure


def works(python: str) -> bool:
    found = shutil.which(python)
    return bool(found) and subprocess.run([found, "--version"], capture_output=True).returncode == 0


def test_every_python_gives_the_same_digests(tmp_path: Path) -> None:
    """3.12 adds fields to the syntax tree; a result made there is current here."""
    other = next(filter(works, NEWER), None)
    if other is None:
        pytest.skip(f"needs one of {', '.join(NEWER)}")
    pip = [other, "-m", "pip", "install", "--quiet", "--target", str(tmp_path)]
    wanted = [f"{package}=={version(package)}" for package in NEEDED]
    installed = subprocess.run(
        [*pip, "--retries", "0", "--timeout", "15", *wanted], capture_output=True, text=True
    )
    if installed.returncode:
        pytest.skip(f"cannot install {wanted}: {installed.stderr.strip()[-200:]}")
    entries = ["reprise.training.loop:train", "reprise.plotting.render:render", "reprise.results"]
    program = (
        "import json; from reprise.graph.closure import closure; "
        f"print(json.dumps(closure({entries!r})))"
    )
    result = subprocess.run(
        [other, "-c", program],
        env={**os.environ, "PYTHONPATH": f"{SOURCE}:{tmp_path}"},
        capture_output=True,
        text=True,
    )
    assert result.returncode == 0, result.stderr
    assert json.loads(result.stdout) == closure(entries)

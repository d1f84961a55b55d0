"""What another Python than this one makes of the sources."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

import reprise
from reprise.graph.closure import closure

SOURCE = Path(reprise.__file__).resolve().parents[1]
NEWER = ("python3.12", "python3.13")


def works(python: str) -> bool:
    found = shutil.which(python)
    return bool(found) and subprocess.run([found, "--version"], capture_output=True).returncode == 0


def test_every_python_gives_the_same_digests() -> None:
    """3.12 adds fields to the syntax tree; a result made there is current here."""
    other = next(filter(works, NEWER), None)
    if other is None:
        pytest.skip(f"needs one of {', '.join(NEWER)}")
    entries = ["reprise.training.loop:train", "reprise.plotting.render:render", "reprise.results"]
    program = (
        "import json, sys; from reprise.graph.closure import closure; "
        f"print(json.dumps(closure({entries!r}, __import__('pathlib').Path({str(SOURCE)!r}))))"
    )
    result = subprocess.run(
        [other, "-c", program],
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(result.stdout) == closure(entries, SOURCE)

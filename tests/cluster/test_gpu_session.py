"""A session on a machine without network, played here at scale smoke: killed, taken, finished."""

import json
import os
import shutil
import subprocess
import sys
import time
from importlib.metadata import distributions
from pathlib import Path

import psutil
import pytest
from workspace import ROOT, UNOPTIMISED, Workspace, build_workspace

FIGURE, PAPER = "yadlowsky2023/fig1", "yadlowsky2023"
TRAVELS = "yte"
"""What the machine is said to lack."""
LARGEST = 16 * 2**20
SCALE = ("--scale", "smoke")


@pytest.fixture
def home(tmp_path: Path) -> Workspace:
    """A checkout with the papers, in which nothing was made."""
    made = build_workspace(tmp_path / "home", papers=True)
    for name in ("tests", "tools", "requirements"):
        shutil.copytree(ROOT / name, made.root / name, dirs_exist_ok=True)
    for name in ("pyproject.toml", "config.yaml"):
        shutil.copy2(ROOT / name, made.root)
    made.call("git", "init", "--quiet", code=0)
    made.call("git", "add", "--all", code=0)
    who = ("-c", "user.name=a", "-c", "user.email=a@b")
    made.call("git", *who, "commit", "--quiet", "--message", "x", code=0)
    (made.root / ".venv").symlink_to(ROOT / ".venv")
    return made


def packed(home: Workspace, folder: Path) -> Path:
    """``folder``, packed for a machine that has this environment but for one package."""
    names = folder.with_suffix(".txt")
    here = {distribution.name for distribution in distributions()}
    names.write_text("\n".join(sorted(here - {TRAVELS})))
    done = subprocess.run(
        [home.root / "tools" / "gpu_session.sh", "pack", folder, *SCALE],
        env={
            **os.environ,
            "AT_HAND": str(names),
            "PYTHON_VERSION": ".".join(map(str, sys.version_info[:2])),
        },
        capture_output=True,
        text=True,
    )
    if "Failed to fetch" in done.stderr:
        pytest.skip("needs a package index")
    assert done.returncode == 0, done.stderr
    return folder


def started(folder: Path, out: Path) -> "subprocess.Popen[str]":
    """A session that makes the figure."""
    return subprocess.Popen(
        ["bash", folder / "tools" / "gpu_session.sh", "run", *SCALE, "--out", out, FIGURE],
        env={
            "HOME": os.environ["HOME"],
            "PATH": os.environ["PATH"],
            "PYTHON": sys.executable,
            "KEEP_EVERY_S": "2",
            "REPRISE_XLA_FLAGS": UNOPTIMISED,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def kept(out: Path) -> str:
    """Names of the files in the newest copy, as far as it is written."""
    first = max(out.glob("*-000"), default=None)
    parts = sorted(out.glob(f"{first.name[:-3]}*")) if first else []
    content = b"".join(part.read_bytes() for part in parts)
    return subprocess.run(["tar", "-t"], input=content, capture_output=True).stdout.decode()


def records(root: Path) -> dict[str, bytes]:
    """Content of every record in a project, by path."""
    files = (root / "results" / "smoke").rglob("*record.json")
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in files}


def take(home: Workspace, out: Path) -> None:
    """Adopt what came out; nothing of it is refused, and what is there verifies."""
    home.call("tools/gpu_session.sh", "take", str(out), code=0)
    found = json.loads(home.call("reprise", "verify", "--json", "--paper", PAPER, *SCALE).stdout)
    states = {name: node["state"] for name, node in found["nodes"].items()}
    assert set(states.values()) <= {"current", "missing"}
    assert sum(state == "current" for state in states.values()) == len(records(home.root))


def test_what_a_killed_session_made_is_adopted_and_the_next_one_goes_on(
    home: Workspace, tmp_path: Path
) -> None:
    folder, out = packed(home, tmp_path / "packed"), tmp_path / "out"
    session = started(folder, out)
    while "record.json" not in kept(out):
        assert session.poll() is None, session.communicate()[0]
        time.sleep(0.2)
    family = psutil.Process(session.pid).children(recursive=True)
    for process in [psutil.Process(session.pid), *family]:
        process.kill()
    session.communicate()
    take(home, out)
    adopted = records(home.root)
    assert adopted
    assert not (home.root / "results" / "smoke" / PAPER / "figures").exists()

    folder, out = packed(home, tmp_path / "again"), tmp_path / "out2"
    session = started(folder, out)
    said = session.communicate()[0]
    assert session.returncode == 0, said + (out / "log.txt").read_text()
    assert f"made {FIGURE}" in said
    assert all(path.stat().st_size < LARGEST for path in out.iterdir())
    assert adopted.items() <= records(folder).items(), "what was adopted is not made again"
    commit = home.call("git", "rev-parse", "HEAD").stdout.strip()
    assert all(commit.encode() in record for record in records(folder).values())
    (travelled,) = (folder / ".session").rglob(f"{TRAVELS}/__init__.py")
    assert "site-packages" in travelled.parts
    take(home, out)
    assert (home.root / "results" / "smoke" / PAPER / "figures" / "fig1.png").is_file()

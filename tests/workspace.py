"""A small project: a copy of this one with a single scaffolded paper, run at scale smoke."""

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from reprise.jobs.fork_server import VARIABLE
from reprise.storage.atomic import sha256

ROOT = Path(__file__).resolve().parents[1]
KEY = "demo2024"
NODES = {
    "run": f"{KEY}/run/parity/00",
    "accuracy": f"{KEY}/table/accuracy",
    "summary": f"{KEY}/table/summary",
    "figure": f"{KEY}/figure/F1-accuracy",
    "verdict": f"{KEY}/verdict/verdicts",
    "report": "report",
}
"""Short name -> id, parents before children."""

PLAIN_FUSIONS = "--xla_cpu_use_fusion_emitters=false"
"""The older way to compile fused loops, in half of the time."""
UNOPTIMISED = f"--xla_backend_optimization_level=0 {PLAIN_FUSIONS}"
"""Toy networks compile in a fifth of the time, and run no slower for it."""
SHARED: dict[str, str] = {}
"""Variables of every project of this process: once it has a fork server, where that is."""
_FILES = ("Snakefile", "config.yaml", "environment.yml", "requirements/lock.txt")
_JOB = re.compile(r"^(?:local)?rule (\w+):\n(?:    .*\n)*?    output: (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class State:
    """What ``reprise status --json`` says of one node."""

    name: str
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Workspace:
    """A project in ``root`` and the commands a user would type there."""

    root: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def paper(self) -> Path:
        return self.root / "src" / "papers" / KEY

    @property
    def results(self) -> Path:
        return self.root / "results" / "smoke"

    @property
    def environment(self) -> dict[str, str]:
        """The variables of a user who works in this copy, with the tools of this environment."""
        tools = str(Path(sys.executable).parent)
        return {
            **{k: v for k, v in os.environ.items() if not k.startswith(("XLA_", "JAX_"))},
            "PYTHONPATH": str(self.root / "src"),
            "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "200",
            "REPRISE_XLA_FLAGS": UNOPTIMISED,
            **SHARED,
            **self.variables,
        }

    def alone(self) -> "Workspace":
        """This project, whose commands start every process that they need themselves."""
        return replace(self, variables={**self.variables, VARIABLE: ""})

    def call(self, *command: str, code: int | None = None) -> "subprocess.CompletedProcess[str]":
        """Run ``command`` here; fails the test unless the exit code is ``code`` (if given)."""
        result = subprocess.run(
            command, cwd=self.root, env=self.environment, capture_output=True, text=True
        )
        shown = f"{' '.join(command)}: {result.returncode}\n{result.stdout}\n{result.stderr}"
        assert code is None or result.returncode == code, shown
        return result

    def start(self, *command: str) -> "subprocess.Popen[str]":
        """Start ``command`` in a process group of its own, output and errors together."""
        return subprocess.Popen(
            command,
            cwd=self.root,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, code: int = 0) -> "subprocess.CompletedProcess[str]":
        """``reprise run``."""
        return self.call("reprise", "run", *arguments, code=code)

    def status(self, *arguments: str) -> dict[str, State]:
        """State by the short names of ``NODES`` (ids where a node has none)."""
        found = json.loads(self.call("reprise", "status", "--json", *arguments).stdout)["nodes"]
        short = {node: name for name, node in NODES.items()}
        return {
            short.get(node, node): State(state["state"], tuple(state["reasons"]))
            for node, state in found.items()
        }

    def predicted(self, *arguments: str) -> set[str]:
        """Ids of the jobs of ``reprise plan``."""
        plan = self.call("reprise", "plan", "--json", *arguments, code=0).stdout
        return {job["id"] for job in json.loads(plan)["jobs"]}

    def planned(self, *arguments: str) -> set[str]:
        """Short names (or outputs) of the jobs that ``snakemake -n`` would run."""
        text = self.call("snakemake", "-n", *arguments, code=0).stdout
        jobs = [_short(rule, outputs) for rule, outputs in _JOB.findall(text) if rule != "redo"]
        assert bool(jobs) != ("Nothing to be done" in text), text
        assert len(jobs) == len(set(jobs)), text
        return set(jobs)

    def digests(self) -> dict[str, str]:
        """sha256 of every output below results, by path, without what holds times."""
        files = (path for path in self.results.rglob("*") if path.is_file())
        return {
            path.relative_to(self.root).as_posix(): sha256(path)
            for path in files
            if not path.name.endswith(("record.json", ".html"))
        }

    def record_times(self) -> dict[str, int]:
        """When each record was written, by path."""
        return {
            path.relative_to(self.root).as_posix(): path.stat().st_mtime_ns
            for path in self.results.rglob("*record.json")
        }


def _short(rule: str, outputs: str) -> str:
    """``table`` and its outputs as ``accuracy``."""
    match = re.search(rf"{KEY}/tables/(\w+)\.csv", outputs)
    return match[1] if match else rule


def edit(path: Path, old: str, new: str) -> None:
    """Replace ``old``, which has to occur, by ``new``."""
    text = path.read_text(encoding="utf-8")
    assert old in text, f"{path} no longer holds {old!r}"
    path.write_text(text.replace(old, new), encoding="utf-8")


def overwrite(path: Path, change: Iterable[tuple[bytes, bytes]]) -> None:
    """Change bytes of ``path`` behind everybody's back; the time stamp stays."""
    stamp = path.stat()
    data = path.read_bytes()
    for old, new in change:
        assert old in data, f"{path} no longer holds {old!r}"
        data = data.replace(old, new, 1)
    path.write_bytes(data)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


Forge = Callable[[Path], None]
"""Alters a result tree."""


def rewritten(forge: Forge) -> Forge:
    """``forge``, and then new digests for old ones wherever a record of the tree has them."""

    def both(results: Path) -> None:
        files = [path for path in results.rglob("*") if path.is_file()]
        before = {path: sha256(path) for path in files}
        forge(results)
        while changed := {old: sha256(p) for p, old in before.items() if old != sha256(p)}:
            before = {path: sha256(path) for path in files}
            for path in results.rglob("*record.json"):
                text = path.read_text()
                for old, new in changed.items():
                    text = text.replace(old, new)
                path.write_text(text)

    return both


def build_workspace(root: Path, papers: bool = False) -> Workspace:
    """A copy of this project in ``root``, not run: its own papers, or the scaffolded one only."""
    for name in _FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    shutil.copytree(ROOT / "workflow", root / "workflow")
    (root / "profiles").symlink_to((ROOT / "profiles").readlink())
    shutil.copytree(ROOT / "src", root / "src", ignore=None if papers else _without_papers)
    edit(root / "config.yaml", "scale: cpu", "scale: smoke")
    workspace = Workspace(root)
    if not papers:
        workspace.call("reprise", "new", KEY, code=0)
    return workspace


def _without_papers(folder: str, names: list[str]) -> list[str]:
    inside = Path(folder)
    papers = [n for n in names if inside.name == "papers" and (inside / n).is_dir()]
    return [*papers, *(n for n in names if n == "__pycache__")]


def copy_workspace(source: Workspace, root: Path) -> Workspace:
    """A copy of ``source`` with the time stamps of its files."""
    shutil.copytree(source.root, root, symlinks=True)
    return Workspace(root, source.variables)

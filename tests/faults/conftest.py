"""A planned project whose only training takes some seconds and saves its state all the time."""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from workspace import KEY, NODES, Workspace, build_workspace, copy_workspace, edit

PATIENCE_S = 240
LONG = f"overrides: {{{KEY}.runs.parity.steps: 60000, {KEY}.runs.parity.log_every: 600}}"


@dataclass(frozen=True)
class Training:
    """The training of a project, made by the command that the rules call."""

    workspace: Workspace

    @property
    def node_file(self) -> str:
        for path in (self.workspace.root / ".reprise" / "nodes").iterdir():
            if json.loads(path.read_text())["node"]["id"] == NODES["run"]:
                return str(path.relative_to(self.workspace.root))
        raise LookupError("not planned")

    def make(self, code: int = 0) -> str:
        """What making it says; fails unless it ends with ``code``."""
        result = self.workspace.call("reprise", "make", self.node_file, code=code)
        return result.stdout + result.stderr

    def signalled(self, number: int, after_states: int = 1) -> tuple[int, str]:
        """Exit code and output of a training that got a signal once it had saved states."""
        process = self.workspace.start("reprise", "make", self.node_file)
        try:
            seen = set(self.states())
            enough = len(seen) + after_states

            def saved() -> bool:
                seen.update(self.states())
                return len(seen) >= enough

            wait_for(saved, process)
            process.send_signal(number)
            output = process.communicate(timeout=PATIENCE_S)[0]
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
        return process.returncode, output

    def states(self) -> list[Path]:
        """Resume states, oldest first."""
        return sorted((self.workspace.root / ".reprise" / "resume").glob("*/*.safetensors"))

    def resumed_from(self) -> int | None:
        (record,) = self.workspace.results.glob("*/runs/*/*/record.json")
        execution = json.loads(record.read_text())["predicate"]["execution"]
        value: int | None = execution["resumed_from_step"]
        return value


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Poll until ``condition`` holds; fails if the process ends or patience does."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Workspace, dict[str, str]]:
    """The project after its training was made and removed, and the digests of what was made."""
    built = build_workspace(tmp_path_factory.mktemp("faults") / "project")
    edit(built.root / "config.yaml", "overrides: {}", LONG)
    workspace = Workspace(built.root, {"REPRISE_SAVE_EVERY_S": "0.05"})
    workspace.call("reprise", "plan", "--json", code=0)
    training = Training(workspace)
    training.make()
    assert training.resumed_from() is None
    digests = workspace.digests()
    shutil.rmtree(workspace.results)
    return workspace, digests


@pytest.fixture(scope="session")
def expected(undisturbed: tuple[Workspace, dict[str, str]]) -> dict[str, str]:
    """Digests of the outputs of the training that nothing disturbed."""
    return undisturbed[1]


@pytest.fixture
def training(undisturbed: tuple[Workspace, dict[str, str]], tmp_path: Path) -> Training:
    """The training of a project of its own."""
    return Training(copy_workspace(undisturbed[0], tmp_path / "project"))

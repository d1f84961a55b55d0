"""A finished project whose training takes a second or more and saves its state all the time."""

import json
import shutil
import time
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from forked_jobs import NO_FAULT, Fault, Job, JobServer, wait_for
from once import once
from small_world import World
from workspace import KEY, NODES, Workspace, copy_workspace, edit

from reprise.graph.nodes import Node
from reprise.jobs.job_files import read_node_file
from reprise.records.state import State, own_state
from reprise.records.tree import Tree

LONG = f"overrides: {{{KEY}.runs.parity.steps: 6000, {KEY}.runs.parity.log_every: 60}}"
RUN_FILES = ("params.safetensors", "views.safetensors", "metrics.csv")


@dataclass(frozen=True)
class Made:
    """A project and the process that makes its nodes."""

    workspace: Workspace
    server: JobServer

    def node_file(self, name: str) -> str:
        """The file of the node with this short name, relative to the root."""
        for path in (self.workspace.root / ".reprise" / "nodes").rglob("*.json"):
            if json.loads(path.read_text())["node"]["id"] == NODES[name]:
                return str(path.relative_to(self.workspace.root))
        raise LookupError(f"{name} is not planned")

    def node(self, name: str) -> Node:
        """The node with this short name."""
        return read_node_file(self.workspace.root / self.node_file(name))[0]

    def state(self, name: str) -> State:
        """Its state by its own record and outputs."""
        return own_state(self.node(name), Tree.own(self.workspace.root, "smoke"))[0]

    def paths(self, name: str) -> list[Path]:
        """Its outputs."""
        return [self.workspace.root / path for path in self.node(name).outputs]

    def start(self, name: str = "run", fault: Fault = NO_FAULT) -> Job:
        """Start making a node."""
        return self.server.make(self.workspace, self.node_file(name), fault)

    def make(self, name: str = "run", code: int = 0, fault: Fault = NO_FAULT) -> str:
        """What making a node says; fails unless it ends with ``code``."""
        job = self.start(name, fault)
        assert job.wait() == code, f"{name}: {job.code}\n{job.said()}"
        return job.said()


@dataclass(frozen=True)
class Training(Made):
    """The training of a project that has not been trained."""

    def signalled(
        self, number: int, after_states: int = 1, after_s: float = 0.0
    ) -> tuple[int, str]:
        """Exit code and output of a training that got a signal once it had saved states."""
        seen = set(self.states())
        enough = len(seen) + after_states
        job = self.start()

        def saved() -> bool:
            seen.update(self.states())
            return len(seen) >= enough

        wait_for(saved, job)
        time.sleep(after_s)
        job.send(number)
        return job.wait(), job.said()

    def states(self) -> list[Path]:
        """Resume states, oldest first."""
        return sorted((self.workspace.root / ".reprise" / "resume").glob("*/*.safetensors"))

    def resumed_from(self) -> int | None:
        (record,) = self.workspace.results.glob("*/runs/*/*/record.json")
        execution = json.loads(record.read_text())["predicate"]["execution"]
        value: int | None = execution["resumed_from_step"]
        return value


@pytest.fixture(scope="session")
def finished(
    unstarted: Workspace, job_server: JobServer, tmp_path_factory: pytest.TempPathFactory
) -> Made:
    """The finished project; tests read it and copy it, and leave it as it is."""
    variables = {"REPRISE_SAVE_EVERY_S": "0.02"}

    def finish(root: Path) -> None:
        workspace = replace(copy_workspace(unstarted, root), variables=variables)
        edit(root / "config.yaml", "overrides: {}", LONG)
        workspace.call("reprise", "plan", "--json", code=0)
        for name in NODES:
            Made(workspace, job_server).make(name)

    return Made(Workspace(once(tmp_path_factory, "faults", finish), variables), job_server)


@pytest.fixture(scope="session")
def undisturbed(finished: Made) -> dict[str, str]:
    """Digests of all outputs of the project that nothing disturbed."""
    return finished.workspace.digests()


@pytest.fixture(scope="session")
def expected(undisturbed: dict[str, str]) -> dict[str, str]:
    """Digests of the outputs of the training that nothing disturbed."""
    return {path: digest for path, digest in undisturbed.items() if path.endswith(RUN_FILES)}


@pytest.fixture
def made(finished: Made, tmp_path: Path) -> Made:
    """A finished project of its own."""
    return Made(copy_workspace(finished.workspace, tmp_path / "project"), finished.server)


@pytest.fixture
def training(made: Made) -> Training:
    """The training of a project of its own, which has not been made."""
    shutil.rmtree(made.workspace.results)
    return Training(made.workspace, made.server)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A folder in which everything of a small graph is made."""
    return World(tmp_path / "world").make_all()

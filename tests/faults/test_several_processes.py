"""Two processes train one job together: the files of one, and none that waits for ever."""

import json
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.faults, pytest.mark.slow]

PATIENCE_S = 240
SLURM = {
    "SLURM_JOB_ID": "77",
    "SLURM_STEP_NODELIST": "127.0.0.1",
    "SLURM_NTASKS": "2",
    "SLURM_STEP_NUM_TASKS": "2",
}


class Pair:
    """Two processes that make one run."""

    def __init__(self, training: Any, slurm: bool = False) -> None:
        self.project = training.workspace
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = str(free.getsockname()[1])
        self.processes = [
            subprocess.Popen(
                ["reprise", "make", training.node_file("run")],
                cwd=self.project.root,
                env={**self.project.environment, **variables},
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for variables in (_variables(index, port, slurm) for index in range(2))
        ]

    def states(self, index: int) -> list[Path]:
        """Resume states of one process's share."""
        folder = self.project.root / ".reprise" / "resume"
        return list(folder.glob(f"*.{index + 1}-of-2/*.safetensors"))

    def until(self, condition: Callable[[], bool]) -> None:
        """Wait; fails where a process ends before."""
        end = time.monotonic() + PATIENCE_S
        while not condition():
            assert all(p.poll() is None for p in self.processes), self.end()
            assert time.monotonic() < end
            time.sleep(0.01)

    def end(self) -> list[tuple[int, str]]:
        """Exit codes and what was said."""
        said = [process.communicate(timeout=PATIENCE_S)[0] for process in self.processes]
        return [(p.returncode, text) for p, text in zip(self.processes, said, strict=True)]


def _variables(index: int, port: str, slurm: bool) -> dict[str, str]:
    beat = {"REPRISE_HEARTBEAT_S": "10"}
    if slurm:
        task = {"SLURM_PROCID": str(index), "SLURM_LOCALID": str(index)}
        return {**beat, **SLURM, **task, "JAX_COORDINATOR_PORT": port}
    where = {"JAX_COORDINATOR_ADDRESS": f"127.0.0.1:{port}"}
    return {**beat, **where, "REPRISE_PROCESS": f"{index}/2"}


@pytest.fixture
def pair(training: Any) -> Iterator[Callable[..., Pair]]:
    """Start two processes that make the run of ``training``."""
    pairs: list[Pair] = []

    def start(**options: Any) -> Pair:
        pairs.append(Pair(training, **options))
        return pairs[-1]

    yield start
    for process in (process for pair in pairs for process in pair.processes):
        if process.poll() is None:
            process.kill()
            process.communicate()


def execution(training: Any) -> Any:
    (record,) = training.workspace.results.glob("*/runs/*/*/record.json")
    return json.loads(record.read_text())["predicate"]["execution"]


@pytest.mark.parametrize("slurm", [False, True], ids=["told", "slurm"])
def test_two_processes_write_the_files_of_one(
    training: Any, expected: dict[str, str], pair: Any, slurm: bool
) -> None:
    """Bit for bit: these members train one after the other, in whichever process."""
    ended = pair(slurm=slurm).end()
    assert [code for code, _ in ended] == [0, 0], ended
    assert training.workspace.digests() == expected
    found = execution(training)
    assert found["processes"] == 2
    assert found["members"] == 3 == len(found["failed_at_step"])
    assert all(len(point["sha256"]) == 3 for point in found["checkpoints"])
    assert training.states() == []
    assert training.state("run").name == "current"


def test_both_stopped_they_resume_to_the_same_bits(
    training: Any, expected: dict[str, str], pair: Any
) -> None:
    """One that was done with its share, and waited, may be ended by its library instead."""
    both = pair()
    both.until(lambda: all(both.states(index) for index in range(2)))
    for process in both.processes:
        process.send_signal(signal.SIGTERM)
    ended = both.end()
    codes = [code for code, _ in ended]
    assert set(codes) <= {128 + signal.SIGTERM, -signal.SIGABRT}, ended
    assert 128 + signal.SIGTERM in codes, ended
    assert "the same command resumes it" in "".join(said for _, said in ended)
    assert not list(training.workspace.results.rglob("*.*")), "nothing looks finished"
    assert [code for code, _ in pair().end()] == [0, 0]
    assert training.workspace.digests() == expected
    assert training.resumed_from() > 0
    assert training.states() == []


@pytest.mark.parametrize("victim", [0, 1], ids=["the first", "the second"])
def test_one_killed_the_other_ends_too_and_both_resume(
    training: Any, expected: dict[str, str], pair: Any, victim: int
) -> None:
    both = pair()
    both.until(lambda: all(both.states(index) for index in range(2)))
    both.processes[victim].kill()
    ended = both.end()
    assert ended[victim][0] == -signal.SIGKILL
    assert ended[1 - victim][0] not in (0, -signal.SIGKILL), ended
    assert not list(training.workspace.results.rglob("*.*")), "nothing looks finished"
    assert [code for code, _ in pair().end()] == [0, 0]
    assert training.workspace.digests() == expected

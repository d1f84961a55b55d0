"""One training per device, by processes that really run side by side."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from workspace import ROOT

from reprise.jobs.leases import Interrupted, lease, side_by_side
from reprise.plan import engine
from reprise.project import Project
from reprise.storage.atomic import locked

TRAINING = """
import logging, os, sys
from pathlib import Path
from reprise.jobs.leases import lease
from reprise.project import Project
logging.basicConfig(format="%(message)s", stream=sys.stdout)
names = lease(Project(Path(sys.argv[1])))
assert "jax" not in sys.modules
print(*names, os.environ.get("CUDA_VISIBLE_DEVICES"), flush=True)
sys.stdin.read()
"""
Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start a training that takes devices of three, says which, and stays."""
    started: list[subprocess.Popen[str]] = []

    def begin(root: Path = tmp_path, **variables: str) -> "subprocess.Popen[str]":
        outside = {k: v for k, v in os.environ.items() if not k.startswith(("SLURM_", "REPRISE_"))}
        process = subprocess.Popen(
            [sys.executable, "-c", TRAINING, str(root)],
            env={
                **outside,
                "PYTHONPATH": str(ROOT / "src"),
                "JAX_PLATFORMS": "",
                "CUDA_VISIBLE_DEVICES": "4,5,GPU-6",
                **variables,
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def said(process: "subprocess.Popen[str]") -> str:
    """Its next line."""
    assert process.stdout is not None
    return process.stdout.readline().strip()


@pytest.mark.faults
def test_each_has_a_device_of_its_own_and_a_dead_owners_is_free(start: Start) -> None:
    owners = [start() for _ in range(3)]
    took = [said(process) for process in owners]
    assert sorted(took) == ["4 4", "5 5", "GPU-6 GPU-6"], "the device, and all that JAX will see"
    fourth = start()
    assert said(fourth).startswith("waiting for 1 of 3 devices")
    owners[1].send_signal(signal.SIGKILL)
    assert said(fourth) == took[1]


def test_several_for_one_training_all_or_none(start: Start) -> None:
    first = start(REPRISE_DEVICES_PER_JOB="2")
    assert said(first) == "4 5 4,5"
    second = start(REPRISE_DEVICES_PER_JOB="2")
    assert said(second).startswith("waiting for 2 of 3")
    assert said(start()) == "GPU-6 GPU-6", "it holds none while it waits"
    first.kill()
    assert said(second) == "4 5 4,5"


def test_all_of_them_where_asked_for(start: Start) -> None:
    assert said(start(REPRISE_DEVICES_PER_JOB="all")) == "4 5 GPU-6 4,5,GPU-6"
    assert said(start()).startswith("waiting for 1 of 3")


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"SLURM_JOB_ID": "7"}, "4,5,GPU-6"),
        ({"CUDA_VISIBLE_DEVICES": ""}, ""),
        ({"JAX_PLATFORMS": "cpu"}, "4,5,GPU-6"),
    ],
)
def test_none_is_taken_where_there_is_none_to_take(
    start: Start, variables: dict[str, str], expected: str
) -> None:
    for _ in range(2):
        assert said(start(**variables)) == expected.strip()


def test_a_project_inside_the_cache_of_another_has_its_devices(
    start: Start, tmp_path: Path
) -> None:
    assert said(start(REPRISE_DEVICES_PER_JOB="all"))
    assert said(start(tmp_path / ".reprise" / "challenge" / "x")).startswith("waiting")


def test_a_stop_request_ends_the_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")
    monkeypatch.setenv("JAX_PLATFORMS", "cuda")
    monkeypatch.setenv("REPRISE_DEVICES_PER_JOB", "1")
    project = Project(tmp_path)
    name = f"gpu-0.{os.uname().nodename}.lock"
    with locked(project.cache / "locks" / name), pytest.raises(Interrupted, match="device"):
        lease(project, [signal.SIGTERM])
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "0"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"CUDA_VISIBLE_DEVICES": "0,1,2,3"}, ["--resources", "gpu=4"]),
        (
            {"CUDA_VISIBLE_DEVICES": "0,1,2", "REPRISE_DEVICES_PER_JOB": "2"},
            ["--resources", "gpu=1"],
        ),
        ({"CUDA_VISIBLE_DEVICES": "0", "REPRISE_DEVICES_PER_JOB": "2"}, ["--resources", "gpu=1"]),
        (
            {"CUDA_VISIBLE_DEVICES": "0,1", "REPRISE_DEVICES_PER_JOB": "all"},
            ["--resources", "gpu=1"],
        ),
        ({"CUDA_VISIBLE_DEVICES": "0,1", "SLURM_JOB_ID": "7"}, ["--resources", "gpu=2"]),
        ({"CUDA_VISIBLE_DEVICES": "0,1", "JAX_PLATFORMS": "cpu"}, []),
        ({"CUDA_VISIBLE_DEVICES": ""}, []),
    ],
)
def test_the_engine_starts_no_more_trainings_than_find_a_device(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], expected: list[str]
) -> None:
    for name in ("SLURM_JOB_ID", "REPRISE_DEVICES_PER_JOB", "JAX_PLATFORMS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    launcher = str(tmp_path / "workflow" / "launch.py")
    assert engine._here(Project(tmp_path), 3) == [launcher, "--cores", "3", *expected]
    if "SLURM_JOB_ID" in environ:
        assert engine._shared()["REPRISE_DEVICES_PER_JOB"] == "1"
        assert "REPRISE_DEVICES_PER_JOB" not in os.environ, "jobs that are sent on have their own"


def test_without_a_driver_nothing_limits(tmp_path: Path) -> None:
    assert side_by_side({}, tmp_path) is None

"""What a job says of itself: where its time goes, how far it is, and the speed of a training."""

import json
import math
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import pytest
from training_jobs import PARITY, job

from reprise.project import Project
from reprise.training import telemetry
from reprise.training.chunks import Progress
from reprise.training.progress import counted, done, expect, listening, phase
from reprise.training.telemetry import (
    Meter,
    Running,
    Stopwatch,
    Telemetry,
    age_s,
    progress_file,
    running,
)


class Clock:
    """A time that only passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    now = Clock()
    for name in ("monotonic", "perf_counter"):
        monkeypatch.setattr(telemetry.time, name, now)
    return now


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


def job_in(project: Project, echo: Any = lambda line: None, name: str = "a/run/b") -> Telemetry:
    return Telemetry(progress_file(project, name, "f" * 64), name, Stopwatch(), echo)


def test_every_moment_is_in_one_phase(clock: Clock) -> None:
    watch = Stopwatch(already_s=2.0)
    clock.now += 1
    with watch.phase("evaluate"):
        clock.now += 4
        with watch.phase("read"):
            clock.now += 8
        clock.now += 16
    clock.now += 32
    assert watch.split() == {"start": 2 + 1 + 32, "evaluate": 4 + 16, "read": 8}


def test_what_is_told_of_a_part_is_not_counted_twice(clock: Clock) -> None:
    """An outer trace ends after the traces and compilations that it contains."""
    watch = Stopwatch()
    with watch.phase("evaluate"):
        clock.now += 3
        watch.took("trace", 1.0)
        clock.now += 2
        watch.took("compile", 2.0)
        watch.took("trace", 4.5)
        clock.now += 1
        watch.took("compile", 0.5)
    assert watch.split() == pytest.approx({"trace": 2.5, "compile": 2.5, "evaluate": 1.0})


def test_what_jax_compiles_is_told_wherever_it_does_so(project: Project) -> None:
    said = job_in(project)
    with listening(said), phase("import"):
        pass
    began = time.perf_counter()
    with listening(said), phase("evaluate"):
        jax.jit(lambda x: jnp.sin(x) @ jax.jit(jnp.cos)(x).T)(jnp.ones((7, 11))).block_until_ready()
    split, whole = said.watch.split(), time.perf_counter() - began
    assert 0 < split["trace"] + split["compile"] < whole
    assert min(split.values()) > 0
    said.close()


def test_without_a_listener_nothing_happens() -> None:
    with phase("steps"):
        expect(3, "things")
        assert list(counted([1, 2], "things")) == [1, 2]
        done()


def test_a_loop_tells_how_far_it_is(project: Project, clock: Clock) -> None:
    said = job_in(project)
    shares = []
    with listening(said), phase("evaluate"):
        for _ in counted(range(4), "networks"):
            shares.append(running(project)["a/run/b"].share)
            clock.now += 10
    assert shares == [0, 0.25, 0.5, 0.75]
    last = running(project)["a/run/b"]
    assert last.describe() == "networks 4/4"
    assert last.whole_s == pytest.approx(40)
    said.close()
    assert running(project) == {}


def test_the_pace_is_that_of_the_last_minutes(project: Project, clock: Clock) -> None:
    said = job_in(project)
    with listening(said), phase("steps"):
        for step in range(1, 101):
            clock.now += 4 if step <= 50 else 16
            said.report(Progress(step, 1000, 0.5, 1.0))
    assert running(project)["a/run/b"].whole_s == pytest.approx(16_000, rel=0.05)


def test_at_most_one_file_a_second_and_one_line_in_ten(project: Project, clock: Clock) -> None:
    lines: list[str] = []
    said = job_in(project, lines.append)
    seen = set()
    for step in range(320):
        said.report(Progress(step, 1000, 0.5, 20.0))
        seen.add(running(project)["a/run/b"].done)
        clock.now += 0.125
    assert len(seen) == 40
    assert len(lines) == 4
    assert lines[0] == "steps 0/1000, loss 0.5, 20 steps/s"


@pytest.mark.parametrize("loss", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_is_told(project: Project, loss: float) -> None:
    said = job_in(project)
    said.report(Progress(3, 10, loss, 1.0))
    assert running(project)["a/run/b"].note == f"loss {loss}, 1 steps/s"


def test_before_it_counts_a_job_says_what_it_does(project: Project) -> None:
    said = job_in(project)
    assert running(project)["a/run/b"].describe() == "start, 0 s"
    with listening(said), phase("read"):
        assert running(project)["a/run/b"].describe() == "read, 0 s"


def test_a_folder_that_cannot_be_written_stops_no_job(tmp_path: Path) -> None:
    (tmp_path / ".reprise").write_text("a file")
    said = job_in(Project(tmp_path))
    said.report(Progress(3, 10, 0.5, 1.0))
    said.close()


def left_behind(project: Project, **changes: Any) -> Path:
    """What a job said that is gone."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    path = progress_file(project, "a/run/b", "f" * 64)
    job_in(project)
    content = json.loads(path.read_text()) | {"pid": gone.pid} | changes
    path.write_text(json.dumps(content))
    return path


def test_what_a_job_left_behind_that_is_gone_is_no_job(project: Project) -> None:
    path = left_behind(project)
    assert running(project) == {}
    left_behind(project, pid=os.getpid())
    assert set(running(project)) == {"a/run/b"}
    assert running(project, since=path.stat().st_mtime + 1) == {}


def test_of_another_host_what_was_said_lately_counts(project: Project) -> None:
    path = left_behind(project, host=f"not-{socket.gethostname()}")
    assert set(running(project)) == {"a/run/b"}
    os.utime(path, (1, 1))
    assert running(project) == {}


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[]", b"{}", b'{"pid": 1, "host": 2}'])
def test_what_is_damaged_is_no_job(project: Project, content: bytes) -> None:
    job_in(project)
    progress_file(project, "a/run/b", "f" * 64).write_bytes(content)
    assert running(project) == {}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux says when a process started")
def test_a_process_has_an_age() -> None:
    assert 0 < age_s(os.getpid()) < 10**6
    assert age_s(2**22 + 1) == 0


def test_a_share_is_of_what_is_to_do() -> None:
    told = Running("a", 0.0, "steps", {}, 3, 12, "steps", "", None, 1.0)
    assert told.share == 0.25
    assert Running("a", 0.0, "steps", {}, 0, None, "", "", None, 1.0).share == 0


def metered(
    monkeypatch: pytest.MonkeyPatch, chunks: list[tuple[float, int]], **fields: Any
) -> Meter:
    """A meter that saw chunks end at (seconds, updates done)."""
    clock = iter(seconds for seconds, _ in chunks)
    monkeypatch.setattr(telemetry.time, "perf_counter", lambda: next(clock))
    passed: list[int] = []
    meter = Meter(job(PARITY, **fields).run, lambda progress: passed.append(progress.step))
    for _, updates in chunks:
        meter(Progress(updates - 1, 120, 0.5, 1.0))
    assert passed == [updates - 1 for _, updates in chunks]
    return meter


def test_the_first_chunk_compiles_and_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    meter = metered(monkeypatch, [(100, 16), (101, 26), (103, 121)])
    assert meter.updates_per_s == pytest.approx((121 - 16) / 3)


def test_the_first_chunk_of_every_phase_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    chunks = [(100, 16), (102, 56), (190, 60), (195, 121)]
    phases = [{"until": 56, "task": {"relevant": 1}}]
    meter = metered(monkeypatch, chunks, phases=phases)
    assert (meter.updates, meter.seconds) == (40 + 61, 2 + 5)


def test_a_training_of_one_chunk_has_no_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert metered(monkeypatch, [(100, 121)]).updates_per_s is None

"""Making a node: the record comes last, failures leave what was there, nobody works twice."""

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from small_world import World

from reprise.jobs import make as subject
from reprise.jobs.job_files import trigger, write_trigger
from reprise.jobs.make import CodeChanged, make
from reprise.records.record import read_record
from reprise.specs.errors import ConfigError
from reprise.storage.atomic import locked
from reprise.storage.tensors import DamagedFile
from reprise.training.telemetry import Stopwatch

NEW = b"quantity,value\na,0.5\n"

Maker = Callable[..., dict[str, bytes]]


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Tables are made of fixed bytes; the list says how often."""
    calls: list[str] = []

    def table(node: Any, parents: Any) -> dict[str, bytes]:
        calls.append(node.id)
        return {".csv": NEW}

    monkeypatch.setitem(subject.MAKERS, "table", table)
    return calls


def states(planned: Any) -> dict[str, str]:
    return {kind: state.name for kind, state in planned.world.states().items()}


def test_a_made_node_is_current_and_the_next_is_stale(planned: Any, maker: list[str]) -> None:
    node = planned.world.node("table")
    assert make(planned.project, planned.file(node)) == node
    assert planned.world.output("table").read_bytes() == NEW
    assert states(planned) == {"run": "current", "table": "current", "figure": "stale"}
    execution = read_record(planned.world.record("table")).execution
    assert execution["wall_s"] == pytest.approx(sum(execution["phases_s"].values()), abs=1e-3)
    assert execution["phases_s"].keys() >= {"read", "evaluate", "write"}
    assert execution["peak_memory_bytes"] > 2**20
    assert not list((planned.project.cache / "progress").iterdir())


def test_the_time_before_counts_too(planned: Any, maker: list[str]) -> None:
    node = planned.world.node("table")
    make(planned.project, planned.file(node), watch=Stopwatch(already_s=100.0))
    assert read_record(planned.world.record("table")).execution["phases_s"]["start"] >= 100


@pytest.mark.parametrize(("system", "unit"), [("linux", 1024), ("darwin", 1)])
def test_peak_memory_is_in_bytes_on_every_system(
    monkeypatch: pytest.MonkeyPatch, system: str, unit: int
) -> None:
    usage = SimpleNamespace(ru_maxrss=300_000_000)
    monkeypatch.setattr("resource.getrusage", lambda who: usage)
    monkeypatch.setattr("sys.platform", system)
    assert subject._spent(Stopwatch())["peak_memory_bytes"] == 300_000_000 * unit


def test_its_token_loses_its_force(planned: Any, maker: list[str]) -> None:
    node = planned.world.node("table")
    path = trigger(node, "stale")
    write_trigger(planned.project, path)
    make(planned.project, planned.file(node))
    assert (planned.world.root / path).stat().st_mtime == 0


def test_a_failure_of_its_code_leaves_what_was_there(
    planned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def table(node: Any, parents: Any) -> dict[str, bytes]:
        raise ZeroDivisionError

    monkeypatch.setitem(subject.MAKERS, "table", table)
    before = planned.world.output("table").read_bytes()
    with pytest.raises(ZeroDivisionError):
        make(planned.project, planned.file(planned.world.node("table")))
    assert planned.world.output("table").read_bytes() == before
    assert states(planned)["table"] == "current"


@pytest.mark.parametrize("failing", [0, 1])
def test_a_failure_while_writing_is_never_taken_for_finished(
    planned: Any, maker: list[str], monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    """Neither before the output nor between output and record."""
    written: list[Path] = []

    def full(path: Path, data: Any, *more: Any) -> str:
        written.append(path)
        if len(written) > failing:
            raise OSError(28, "No space left on device")
        return real(path, data)

    real = subject.write_bytes
    monkeypatch.setattr(subject, "write_bytes", full)
    if failing:
        monkeypatch.setattr(subject, "write_record", full)
    with pytest.raises(OSError, match="No space"):
        make(planned.project, planned.file(planned.world.node("table")))
    assert states(planned)["table"] in ("missing", "unverifiable")
    monkeypatch.undo()
    monkeypatch.setitem(subject.MAKERS, "table", lambda node, parents: {".csv": NEW})
    make(planned.project, planned.file(planned.world.node("table")))
    assert states(planned)["table"] == "current"


def test_code_that_was_edited_after_the_plan_is_not_run(planned: Any, maker: list[str]) -> None:
    graph = planned.world.graph
    node = planned.world.node("table")
    node.code["reprise.storage.atomic:sha256"] = "0" * 64
    assert graph.nodes[node.id] is node
    with pytest.raises(CodeChanged, match=r"reprise\.storage\.atomic:sha256 was edited"):
        make(planned.project, planned.file(node))
    assert maker == []


def test_an_altered_input_is_refused(planned: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def figure(node: Any, parents: Any) -> dict[str, bytes]:
        return {".svg": parents.tables()["summary"].to_csv().encode()}

    monkeypatch.setitem(subject.MAKERS, "figure", figure)
    planned.world.output("table").write_bytes(NEW)
    with pytest.raises(DamagedFile, match=r"summary\.csv differs from its record"):
        make(planned.project, planned.file(planned.world.node("figure")))


def test_an_input_of_other_settings_is_refused(planned: Any, maker: list[str]) -> None:
    """Another process made the parent from another config meanwhile."""
    file = planned.file(planned.world.node("figure"))
    other = planned.world.node("table").__class__(
        **{**vars(planned.world.node("table")), "fingerprint": "f" * 64}
    )
    planned.world.make(other)
    with pytest.raises(DamagedFile, match="not the one that was planned"):
        make(planned.project, file)


def test_dates_of_inputs_in_the_future_are_taken_back(planned: Any, maker: list[str]) -> None:
    later = time.time() + 10**6
    parents = [planned.world.output("run", ending) for ending in ("safetensors", "csv")]
    for path in parents:
        os.utime(path, (later, later))
    make(planned.project, planned.file(planned.world.node("table")))
    assert all(path.stat().st_mtime <= time.time() for path in parents)


@contextmanager
def holding(path: Path, act: Callable[[], object]) -> Iterator[None]:
    """Another thread holds the lock until the body has started, then acts and lets go."""
    held, go = threading.Event(), threading.Event()

    def hold() -> None:
        with locked(path):
            held.set()
            go.wait()
            time.sleep(0.3)
            act()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    go.set()
    yield
    thread.join()


@pytest.mark.parametrize("made", [True, False])
def test_who_waited_takes_over_what_the_other_made(
    planned: Any, maker: list[str], made: bool
) -> None:
    node = planned.world.node("table")
    planned.world.output("table").unlink()
    file = planned.file(node)
    lock = planned.project.cache / "locks" / f"{node.fingerprint}.lock"
    with holding(lock, lambda: planned.world.make(node) if made else None):
        make(planned.project, file)
    assert maker == ([] if made else [node.id])
    assert states(planned)["table"] == "current"


def test_results_elsewhere_are_read_and_written_around_the_record(
    planned: Any, maker: list[str], tmp_path: Path
) -> None:
    """As a job finds them that works on copies from a storage."""
    copies = tmp_path / "copies" / "of a bucket"
    node = planned.world.node("table")
    file, before = planned.file(node), planned.world.output("table").read_bytes()
    copies.mkdir(parents=True)
    shutil.move(planned.world.root / "results", copies / "results")
    make(planned.project, file, record=copies / node.record)
    assert (copies / node.outputs[0]).read_bytes() == NEW != before
    found = states(replace(planned, world=World(copies, planned.world.graph)))
    assert found == {"run": "current", "table": "current", "figure": "stale"}
    assert not (planned.world.root / "results").exists()


def test_the_place_of_another_record_is_refused(planned: Any, maker: list[str]) -> None:
    """The code of a job that runs elsewhere may not be that of the plan."""
    node, other = planned.world.node("table"), planned.world.node("run")
    with pytest.raises(ConfigError, match=r"tables/summary.*changed"):
        make(planned.project, planned.file(node), record=planned.world.root / other.record)
    assert maker == []

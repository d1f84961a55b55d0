"""What is counted of an update, against the compiler, and against shapes counted by hand."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from training_jobs import FRESH, PARITY, TRANSFORMER, job

from reprise.execution import counted as subject
from reprise.execution import counting
from reprise.execution.counted import CountedWork
from reprise.execution.counting import count, count_whole
from reprise.execution.samples import Work
from reprise.execution.sizes import output_bytes, peak_bytes
from reprise.project import Project
from reprise.training.program import Program

DIGITS, HIDDEN, EXAMPLES = 6, 8, 24


@pytest.mark.parametrize("spec", [PARITY, FRESH, TRANSFORMER])
def test_flops_are_those_that_a_record_gets(spec: dict[str, Any]) -> None:
    assert count(job(spec))["flops"] == Program(job(spec)).flops_per_update() > 0


def test_a_deep_network_is_counted_at_two_depths_without_error() -> None:
    deep = {**TRANSFORMER, "model": {**TRANSFORMER["model"], "layers": 4}}
    snapshots = {"every": 40, "views": ["params", "positions"]}
    spec = job({**deep, "snapshots": snapshots})
    assert count(spec) == pytest.approx(count_whole(spec), rel=1e-3)


def test_bytes_are_those_of_the_arrays() -> None:
    snapshots = {"every": 40, "views": ["params"]}
    one = {**PARITY, "members": {"seed": [3]}, "snapshots": snapshots}
    found = count(job(one))
    program = Program(job(one))
    params = sum(x.nbytes for x in program.params(program.init()).values())
    assert found["params"] == found["views"] == params
    assert 3 * params <= found["state"] <= 3 * params + 64
    assert found["kept"] >= 4 * EXAMPLES * HIDDEN
    assert count(job({**PARITY, "members": {"seed": [3]}}))["views"] == 0


def test_every_line_is_answered_and_what_cannot_be_counted_says_why(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "configure", lambda *settings: None)
    again = {**PARITY, "steps": 240}
    unfit = {**PARITY, "model": {"name": "modular_mlp", "embed": 4, "hidden": 7}}
    lines = [job(spec).model_dump_json() for spec in (PARITY, again, unfit)]
    answers = io.StringIO()
    counting.main(io.StringIO("\n".join(lines) + "\n"), answers, tmp_path)
    first, second, third = map(json.loads, answers.getvalue().splitlines())
    assert first == second
    assert first["flops"] > 0
    assert set(third) == {"error"}


@pytest.mark.slow
def test_counts_are_kept_and_not_counted_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = Project(tmp_path)
    told: list[int] = []
    spec = job(PARITY).model_dump(mode="json", exclude_none=True)
    counted = CountedWork.of(project)
    counted.count({"a": spec}, told.append)
    assert (told, counted.failed) == ([1], {})
    kept = CountedWork.of(project)
    assert kept.known == counted.known
    assert kept.known["a"]["flops"] == Program(job(PARITY)).flops_per_update()
    monkeypatch.setattr(subject.subprocess, "Popen", None)
    kept.count({"a": spec}, told.append)
    assert told == [1]


def test_who_kills_the_process_is_asked_once_more_and_then_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def dying(jobs: Any, cache: Path) -> Any:
        asked.append([digest for digest, _ in jobs])
        for digest, _ in jobs:
            if digest == "bad":
                return
            yield digest, {"flops": 1.0}

    monkeypatch.setattr(subject, "_asked", dying)
    told: list[int] = []
    counted = CountedWork.of(Project(tmp_path))
    counted.count({"a": {}, "bad": {}, "b": {}}, told.append)
    assert asked == [["a", "bad", "b"], ["bad", "b"], ["b"]]
    assert (set(counted.known), set(counted.failed), told) == ({"a", "b"}, {"bad"}, [1, 2, 3])


@pytest.mark.parametrize("text", ["", "{", "[]", '{"a": 1}', '{"a": {}}', '{"a": {"flops": 0}}'])
def test_a_damaged_cache_counts_as_none(tmp_path: Path, text: str) -> None:
    project = Project(tmp_path)
    project.cache.mkdir()
    (project.cache / "flops.json").write_text(text)
    assert CountedWork.of(project).known == {}


def test_sizes_follow_members_rows_and_snapshots() -> None:
    counts = {"params": 1000.0, "views": 10.0, "state": 3000.0, "kept": 500.0}
    spec = job({**PARITY, "snapshots": {"every": 40, "views": ["params"]}})
    dumped = spec.model_dump(mode="json", exclude_none=True)
    metrics = output_bytes({**counts, "params": 0.0, "views": 0.0}, dumped)
    assert output_bytes(counts, dumped) == 3 * (1000 + 4 * 10) + metrics
    assert (
        metrics
        == output_bytes(counts, {**dumped, "run": {**dumped["run"], "snapshots": None}}) - 3000
    )
    family = ("demo/main", "parity", "parity_mlp", "float32")
    one_by_one = peak_bytes(counts, Work(family, 4, 100, 1.0), 1e5)
    together = peak_bytes(counts, Work(family, 4, 100, 1.0, side_by_side=True), 1e5)
    assert one_by_one == 1e5 + 2 * 4 * 3000 + 500
    assert together - one_by_one == 3 * 500

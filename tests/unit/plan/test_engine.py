"""What the engine's jobs left behind: records that are new, logs that are theirs."""

import os
from dataclasses import replace
from typing import Any

import pytest

from reprise.plan.engine import finished, job_log, record_times


def test_a_node_is_finished_once_its_record_is_new(planned: Any) -> None:
    plan, node = planned.plan(), planned.world.node("table")
    before = record_times(plan, [node])
    assert not finished(plan, node, before)
    planned.world.make(node)
    os.utime(planned.world.record("table"), (1, 1))
    assert finished(plan, node, before)
    assert not finished(plan, replace(node, fingerprint="f" * 64), before)


def test_a_node_never_made_is_finished_once_it_has_a_record(empty: Any) -> None:
    plan, node = empty.plan(), empty.world.node("run")
    before = record_times(plan, [node])
    assert before == {}
    assert not finished(plan, node, before)
    empty.world.make(node)
    assert finished(plan, node, before)
    empty.world.record("run").write_text("{")
    assert not finished(plan, node, before)


@pytest.mark.parametrize(
    ("name", "logs", "expected"),
    [
        ("summary", {"demo.summary.log": "mine", "demo.summary_long.log": "other"}, "mine"),
        ("summary", {"demo.summary_long.log": "other"}, ""),
        ("summary", {}, ""),
    ],
)
def test_the_log_is_that_of_the_node(
    planned: Any, name: str, logs: dict[str, str], expected: str
) -> None:
    folder = planned.project.cache / "logs" / "table"
    folder.mkdir(parents=True)
    for number, (file, text) in enumerate(logs.items()):
        (folder / file).write_text(text)
        os.utime(folder / file, (number, number))
    assert job_log(planned.plan(), planned.world.node("table")) == expected


def test_the_log_of_a_run_is_that_of_its_last_attempt(planned: Any) -> None:
    folder = planned.project.cache / "logs" / "run"
    folder.mkdir(parents=True)
    for number, file in enumerate(["demo.main.00.aaaa.log", "demo.main.00.bbbb.log"]):
        (folder / file).write_text(file)
        os.utime(folder / file, (number, number))
    (folder / "demo.main.01.cccc.log").write_text("other job")
    assert job_log(planned.plan(), planned.world.node("run")) == "demo.main.00.bbbb.log"

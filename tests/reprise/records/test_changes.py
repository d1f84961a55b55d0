"""What changed between two makings of a node, in words."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_world import World

from reprise.graph.closure import REFERENCES
from reprise.records.changes import code_changes, environment_changes
from reprise.records.record import read_record


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Everything made."""
    return World(tmp_path).make_all()


def test_the_numerics_profile_is_compared_a_record_without_one_is_exact(world: World) -> None:
    record = read_record(world.record("run"))
    lower = replace(record, spec={**record.spec, "numerics": "bf16"})
    assert environment_changes(record, record) == ()
    assert environment_changes(record, lower) == ("numerics was exact, is bf16",)
    assert environment_changes(lower, record) == ("numerics was bf16, is exact",)


def test_device_and_threads_are_compared(world: World) -> None:
    record = read_record(world.record("run"))

    def on(platform: str, kind: str, threads: int) -> Any:
        device = {"platform": platform, "kind": kind}
        return replace(record, execution={**record.execution, "device": device, "threads": threads})

    assert environment_changes(on("gpu", "A", 1), on("gpu", "B", 2)) == (
        "device was A, is B",
        "threads was 1, is 2",
    )
    assert environment_changes(on("cpu", "A", 1), on("gpu", "B", 1)) == (
        "device type was cpu, is gpu",
    )


CODE = {"papers.a.spec:Mixture.shares": "1", "papers.a.spec:Mixture": "2", REFERENCES: "3"}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (CODE, []),
        (
            {**CODE, "papers.a.spec:Mixture.shares": "4", REFERENCES: "5"},
            ["code papers.a.spec:Mixture.shares changed"],
        ),
        ({"papers.b:shares": "1", "papers.b:Mixture": "2", REFERENCES: "3"}, []),
        ({**CODE, "papers.a:new": "6", REFERENCES: "7"}, ["code papers.a:new added"]),
        ({**CODE, REFERENCES: "8"}, ["code: a name stands for another definition"]),
    ],
)
def test_definitions_are_named_that_say_something_else(
    after: dict[str, str], expected: list[str]
) -> None:
    assert code_changes(CODE, after) == expected

"""What is not the same about two makings of a node, in words."""

from dataclasses import replace
from typing import Any

from small_world import World

from reprise.provenance.changes import environment_changes
from reprise.records.record import read_record


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

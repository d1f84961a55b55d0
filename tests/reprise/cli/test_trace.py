"""``reprise trace``: the lineage of an output, by any of its names."""

import json
from typing import Any

import pytest

from reprise.cli.trace import facts, find, show_trace
from reprise.specs.errors import ConfigError


@pytest.mark.parametrize(
    "target",
    [
        "demo/figure/F1",
        "demo/F1",
        "results/cpu/demo/figures/F1.svg",
        "./results/cpu/demo/figures/F1.svg",
        "results/cpu/demo/figures/F1.record.json",
    ],
)
def test_an_output_is_found_by_id_figure_or_path(world: Any, plan_of: Any, target: str) -> None:
    assert find(plan_of(world), target).id == "demo/figure/F1"


def test_an_absolute_path_is_found(world: Any, plan_of: Any) -> None:
    path = str(world.output("table"))
    assert find(plan_of(world), path).id == "demo/table/summary"


@pytest.mark.parametrize("target", ["demo/F2", "demo/table/sumary", "results/cpu/x.svg", "", "x"])
def test_what_is_not_there_is_an_error_of_the_user(world: Any, plan_of: Any, target: str) -> None:
    with pytest.raises(ConfigError, match=r"no (node or output|figure)"):
        find(plan_of(world), target)


def test_json_holds_the_whole_lineage_with_its_records(
    world: Any, plan_of: Any, console: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    show_trace(plan_of(world), "demo/table/summary", True, console)
    node = json.loads(capsys.readouterr().out)["node"]
    assert node["id"] == "demo/table/summary"
    (run,) = node["inputs"]
    assert run["id"] == "demo/run/main/00"
    assert run["record"]["fingerprint"] == world.node("run").fingerprint
    assert run["record"]["outputs"].keys() == {"params.safetensors", "metrics.csv"}
    assert run["inputs"] == []


def test_an_output_without_record_says_so(world: Any, plan_of: Any, console: Any) -> None:
    world.record("table").unlink()
    show_trace(plan_of(world), "demo/table/summary", True, console)
    found = plan_of(world)
    assert found.states["demo/table/summary"].name == "unverifiable"


def test_arithmetic_and_speed_are_told_where_they_are_recorded(world: Any, plan_of: Any) -> None:
    numerics = {
        "profile": "bf16",
        "matmul_precision": "BF16_BF16_F32",
        "emulated": True,
        "deterministic": True,
        "xla_flags": [],
    }
    speed = {"flops": 2e12, "flops_per_s": 5e9, "peak_flops_per_s": 2e10, "utilisation": 0.25}
    node = world.node("table")
    before = facts(plan_of(world), node)
    note(world, {"flops": 2e12} | dict.fromkeys(("flops_per_s", "utilisation")))
    assert facts(plan_of(world), node) == before
    note(world, {"numerics": numerics, **speed})
    added = [line for line in facts(plan_of(world), node) if line not in before]
    assert added == [
        "numerics bf16, emulated: products BF16_BF16_F32, deterministic kernels",
        "2e+12 operations at 5 GFLOP/s, 25% of the device's measured peak (20)",
    ]


def note(world: Any, execution: dict[str, Any]) -> None:
    """Let the table's record say ``execution``, too."""
    path = world.record("table")
    statement = json.loads(path.read_text())
    statement["predicate"]["execution"] |= execution
    path.write_text(json.dumps(statement))

"""``reprise trace``: the lineage of an output, by any of its names."""

import json
from typing import Any

import pytest

from reprise.cli.trace import find, show_trace
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

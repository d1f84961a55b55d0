"""``reprise adopt``: what is printed, and whose scale it is."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from reprise.audit import verify as trees
from reprise.audit.adopt import Adoption, exit_code
from reprise.cli import adopt as subject
from reprise.cli.adopt import adopt_tree, show
from reprise.project import Project
from reprise.specs.errors import ConfigError
from reprise.specs.load import Config


@pytest.fixture
def foreign(world: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A tree of another machine; here nothing was made, and the config says another scale."""
    folder = tmp_path / "machine"
    shutil.move(world.root / "results" / "cpu", folder)
    (world.root / "config.yaml").write_text("scale: smoke\n")
    monkeypatch.setattr(subject, "find_project", lambda: Project(world.root))

    def build(config: Config) -> Any:
        assert config.scale == "cpu"
        return world.graph

    monkeypatch.setattr(trees, "build", build)
    return folder


def test_the_records_say_the_scale(
    world: Any, foreign: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert adopt_tree(foreign, {}, False, False) == 0
    assert "4 adopted" in capsys.readouterr().out
    assert {state.name for state in world.states().values()} == {"current"}


def test_json_has_a_schema_and_every_node(
    foreign: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (foreign / "demo/tables/summary.csv").write_text("x\n")
    assert adopt_tree(foreign, {}, False, True) == 4
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["exit_code"], found["scale"]) == (1, 4, "cpu")
    assert found["counts"] == {"adopted": 2, "tampered": 1, "refused": 1}
    assert len(found["nodes"]) == 4


def test_a_folder_that_is_no_tree_is_an_error_of_the_user(foreign: Path) -> None:
    with pytest.raises(ConfigError, match="is no result tree"):
        adopt_tree(foreign / "demo", {}, False, False)


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ([], 0),
        (["adopted", "already here", "left"], 0),
        (["adopted", "kept"], 3),
        (["refused"], 3),
        (["refused", "tampered"], 4),
    ],
)
def test_the_worst_result_decides_the_exit_code(results: list[Any], code: int) -> None:
    assert exit_code([Adoption("x", "run", result) for result in results]) == code


def test_reasons_are_shown_as_they_are(console: Any) -> None:
    show([Adoption("demo/run/x", "run", "refused", ("stale", "[/red] -> [0]"))], (), console)
    assert "refused   demo/run/x  stale; [/red] -> [0]" in console.file.getvalue()


def test_where_nothing_fits_one_line_says_why(console: Any) -> None:
    withheld = "demo/runs/x/params.safetensors is not shipped with this tree"
    reasons = [("stale", "code f changed")] * 20 + [(withheld,)] * 3 + [("its input x was not",)]
    show(
        [Adoption(f"demo/run/{i}", "run", "refused", r) for i, r in enumerate(reasons)], (), console
    )
    assert console.file.getvalue() == (
        "Nothing was taken over: 20 made by other code or settings than these, "
        "3 come without checkpoints, 1 made from those (--json says it of each).\n"
    )


def test_of_many_refusals_the_first_are_named_the_worst_before_all(console: Any) -> None:
    refused = [Adoption(f"demo/run/{i}", "run", "refused", ("stale",)) for i in range(30)]
    show([*refused, Adoption("demo/table/t", "table", "tampered", ("tampered",))], (), console)
    first, *others, rest, counts = console.file.getvalue().splitlines()
    assert first == "tampered  demo/table/t  tampered"
    assert (len(others), rest) == (19, "and 11 more (--json names them)")
    assert counts == "30 refused, 1 tampered"

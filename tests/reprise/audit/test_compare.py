"""Two trees: what is the same, what differs, and what a verdict hangs on."""

import json
import shutil
from pathlib import Path

import pytest
from small_world import World, make

from reprise.audit.compare import Comparison, compare, environments
from reprise.audit.diff import Tolerance
from reprise.records.tree import take_inventory
from reprise.specs.errors import ConfigError

VERDICTS = (
    b"paper,claim,statement,statistic,threshold,verdict\n"
    b"demo,learns,It learns.,0.95,>= 0.9,reproduced\n"
)


@pytest.fixture
def trees(tmp_path: Path) -> tuple[Path, Path]:
    """Two copies of one tree, with verdicts."""
    world = World(tmp_path).make_all()
    node = make("verdict", "verdicts", {}, ("results/cpu/demo/verdicts.csv",), (), {})
    world.make(node, {"verdicts.csv": VERDICTS})
    a = world.root / "results" / "cpu"
    b = tmp_path / "elsewhere"
    shutil.copytree(a, b)
    return a, b


def compared(trees: tuple[Path, Path], *papers: str) -> Comparison:
    a, b = map(take_inventory, trees)
    return compare(a, b, Tolerance(), papers)


def rewrite(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_table_that_differs_is_3_and_a_flipped_verdict_4(trees: tuple[Path, Path]) -> None:
    rewrite(trees[1] / "demo/tables/summary.csv", "0.75", "0.7500000001")
    assert compared(trees).exit_code == 0
    rewrite(trees[1] / "demo/tables/summary.csv", "0.25", "0.26")
    found = compared(trees)
    assert found.exit_code == 3
    (table,) = found.of("table")
    assert table.altered == ("B: summary.csv differs from its record",)
    assert table.files["summary.csv"].columns == ("value",)
    rewrite(trees[1] / "demo/verdicts.csv", "0.95", "0.85")
    rewrite(trees[1] / "demo/verdicts.csv", "reproduced", "not reproduced")
    found = compared(trees)
    assert found.exit_code == 4
    (pair,) = found.verdicts
    assert (pair.before, pair.after) == ("reproduced", "not reproduced")
    assert (pair.statistic_before, pair.statistic_after) == ("0.95", "0.85")


def test_runs_are_compared_by_digest_where_a_side_has_no_checkpoints(
    trees: tuple[Path, Path],
) -> None:
    (params,) = trees[1].glob("demo/runs/main/*/params.safetensors")
    params.unlink()
    run = next(node for node in compared(trees).of("run") if "main" in node.id)
    params = run.files["params.safetensors"]
    assert (params.by_digest, params.status) == (True, "identical")
    (record,) = trees[1].glob("demo/runs/main/*/record.json")
    statement = json.loads(record.read_text())
    for subject in statement["subject"]:
        subject["digest"]["sha256"] = "0" * 64
    record.write_text(json.dumps(statement))
    found = compared(trees)
    run = next(node for node in found.of("run") if "main" in node.id)
    assert run.status == "differs"
    assert found.exit_code == 0


def test_nodes_of_one_side_and_other_environments_are_listed(trees: tuple[Path, Path]) -> None:
    (trees[1] / "demo/figures/F1.record.json").unlink()
    statement = json.loads((trees[1] / "demo/tables/summary.record.json").read_text())
    statement["predicate"]["environment"]["versions"]["pandas"] = "0.1"
    statement["predicate"]["environment"]["cpu"] = "abacus"
    (trees[1] / "demo/tables/summary.record.json").write_text(json.dumps(statement))
    found = compared(trees)
    assert found.only_a == ("demo/figure/F1",)
    assert found.only_b == ()
    assert any(
        text.startswith("pandas was") and "0.1" in text for text in environments(found.nodes)
    )
    assert any(text.endswith("is abacus") for text in environments(found.nodes))


def test_trees_with_nothing_in_common_are_an_error_of_the_user(trees: tuple[Path, Path]) -> None:
    for record in trees[1].rglob("*record.json"):
        rewrite(record, '"id": "demo/', '"id": "other/')
    with pytest.raises(ConfigError, match="no node in common"):
        compared(trees)


def test_figures_with_gaps_are_compared_without_a_warning(trees: tuple[Path, Path]) -> None:
    """Numbers beyond all bounds, as a line with a gap has them; warnings fail a test."""
    for folder, x in zip(trees, ("7", "7.001"), strict=True):
        gap = f'<svg><path d="M 1 nan L 9e999 -9e999 L 2 2"/><use x="{x}"/></svg>'
        (folder / "demo/figures/F1.svg").write_text(gap)
    (figure,) = compared(trees).of("figure")
    assert figure.files["F1.svg"].status == "equal"

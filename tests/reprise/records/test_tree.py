"""Trees and their locks."""

import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from git_repository import git
from small_world import World, edit_record, small_graph

from reprise.records.record import Record, read_record
from reprise.records.tree import (
    LOCK,
    BadLock,
    Entry,
    OutsideTree,
    Release,
    Tree,
    commit_day,
    lock_text,
    read_release,
    release_of,
    take_inventory,
    write_release,
)
from reprise.specs.errors import ConfigError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("demo/tables/a.csv", "demo/tables/a.record.json", "report.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    return tmp_path


def test_finds_an_output_in_any_folder(folder: Path) -> None:
    tree = Tree(folder)
    assert tree.path("results/cpu/demo/tables/a.csv") == folder / "demo/tables/a.csv"
    assert tree.name("results/cpu/report.html") == "report.html"
    assert Tree.own(folder, "gpu").folder == folder / "results" / "gpu"


def test_without_a_lock_nothing_is_withheld(folder: Path) -> None:
    assert Tree(folder).lock is None
    assert not Tree(folder).withheld("results/cpu/demo/runs/main/params.safetensors")


def test_the_lock_tells_what_was_taken_along(folder: Path) -> None:
    (folder / LOCK).write_text(lock_text(folder))
    tree = Tree(folder)
    assert list(tree.lock or {}) == [
        "demo/tables/a.csv",
        "demo/tables/a.record.json",
        "report.html",
    ]
    assert tree.withheld("results/cpu/demo/runs/main/params.safetensors")
    assert not tree.withheld("results/cpu/report.html")


@pytest.mark.skipif(not shutil.which("sha256sum"), reason="sha256sum is not installed")
def test_sha256sum_reads_the_lock(folder: Path) -> None:
    (folder / LOCK).write_text(lock_text(folder))
    command = ["sha256sum", "--check", "--strict", "--quiet", LOCK]
    assert subprocess.run(command, cwd=folder, capture_output=True).returncode == 0
    (folder / "report.html").write_text("other")
    assert subprocess.run(command, cwd=folder, capture_output=True).returncode != 0


@pytest.mark.parametrize(
    "text",
    ["no lock", f"{'0' * 64}  ../escape", f"{'0' * 64}  /etc/passwd", f"{'x' * 64}  a", "\x00"],
)
def test_a_damaged_lock_is_refused(folder: Path, text: str) -> None:
    (folder / LOCK).write_text(text)
    with pytest.raises(BadLock):
        _ = Tree(folder).lock


STAMP = Release("1.2.3", "0123456789abcdef", False, "2026-01-31", "Some Processor")


@pytest.fixture
def record(world: World) -> Record:
    return read_record(world.record("run"))


@pytest.mark.parametrize("stamp", [STAMP, replace(STAMP, commit=None, date=None, dirty=True)])
def test_is_read_as_it_was_written(tmp_path: Path, stamp: Release) -> None:
    write_release(tmp_path, stamp)
    (tmp_path / LOCK).write_text(lock_text(tmp_path))
    assert read_release(Tree(tmp_path)) == stamp


def test_the_own_tree_and_one_without_a_stamp_belong_to_no_release(tmp_path: Path) -> None:
    assert read_release(Tree(tmp_path)) is None
    write_release(tmp_path, STAMP)
    assert read_release(Tree(tmp_path, home=True)) is None


def test_in_words() -> None:
    assert str(STAMP) == "release 1.2.3 (commit 0123456, 2026-01-31, Some Processor)"
    edited = replace(STAMP, dirty=True, date=None)
    assert str(edited) == "release 1.2.3 (commit 0123456 with uncommitted edits, Some Processor)"
    assert "(commit unknown, " in str(replace(STAMP, commit=None))


def test_is_of_the_commit_that_is_checked_out(world: World, record: Record) -> None:
    day = "2026-01-05T23:30:00-0300"
    (world.root / "code.py").write_text("1")
    (world.root / "README.md").write_text("1")
    git(world.root, "init", "--quiet")
    git(world.root, "add", "code.py", "README.md", "results")
    git(world.root, "commit", "--quiet", "-m", "x", GIT_COMMITTER_DATE=day)
    made = release_of(world.root, [record])
    assert (made.commit, made.date) == (git(world.root, "rev-parse", "HEAD"), "2026-01-06")
    (world.root / "README.md").write_text("pages and results are not code")
    world.output("table").write_text("x")
    assert not release_of(world.root, [record]).dirty
    (world.root / "code.py").write_text("2")
    assert release_of(world.root, [record]).dirty


def test_without_git_the_commit_is_unknown(world: World, record: Record) -> None:
    made = release_of(world.root, [record])
    assert (made.commit, made.date, made.dirty) == (None, None, False)
    assert commit_day(world.root, "0" * 40) is None


def test_names_every_processor_and_the_accelerators_that_trained(
    world: World, record: Record
) -> None:
    def on(cpu: str, device: dict[str, Any]) -> Record:
        execution = {**record.execution, "device": device}
        return replace(record, environment={"cpu": cpu}, execution=execution)

    records = [
        replace(record, environment={"cpu": "B"}),
        on("A", {"platform": "cpu", "kind": "cpu"}),
        on("A", {"platform": "gpu", "kind": "H200"}),
    ]
    assert release_of(world.root, records).processor == "A, B, H200"


def tree(world: Any) -> Path:
    return Path(world.root) / "results" / "cpu"


def test_every_node_with_a_record_is_found(world: Any) -> None:
    found = take_inventory(tree(world))
    assert set(found.entries) == set(world.graph.nodes)
    assert found.scales == {"cpu": 4}
    assert found.problems == ()


@pytest.mark.parametrize("place", ["results", "results/cpux", "results/cpu/demo"])
def test_a_folder_that_is_no_tree_is_named_with_the_nearest(world: Any, place: str) -> None:
    with pytest.raises(ConfigError, match=r"is no .*did you mean '.*results/cpu'"):
        take_inventory(world.root / place)


def test_of_two_settings_of_a_run_the_one_that_was_read_counts(world: Any) -> None:
    used = world.node("run").fingerprint
    folder = world.record("run").parent
    for mark in ("000000000000", "ffffffffffff"):
        other = folder.with_name(f"00-{mark}")
        shutil.copytree(folder, other)
        record = other / "record.json"
        record.write_text(record.read_text().replace(used, mark))
    assert take_inventory(tree(world)).entries["demo/run/main/00"].record.fingerprint == used


def test_records_that_cannot_be_used_are_problems(world: Any) -> None:
    world.record("figure").write_text("{}")
    statement = json.loads(world.record("table").read_text())
    statement["predicate"]["node"]["kind"] = "figure"
    world.record("table").write_text(json.dumps(statement))
    found = take_inventory(tree(world))
    assert {entry.kind for entry in found.entries.values()} == {"run"}
    assert len(found.problems) == 2


def test_links_out_of_the_tree_are_not_followed(world: Any, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("x\n1\n")
    world.output("table").unlink()
    world.output("table").symlink_to(secret)
    entry = take_inventory(tree(world)).entries["demo/table/summary"]
    with pytest.raises(OutsideTree, match="link"):
        entry.read("summary.csv")
    shutil.copy(world.record("figure"), tmp_path / "record.json")
    world.record("figure").unlink()
    world.record("figure").symlink_to(tmp_path / "record.json")
    assert "link" in take_inventory(tree(world)).problems[0]


@pytest.fixture
def made(tmp_path: Path) -> World:
    """Everything made."""
    return World(tmp_path, small_graph(code={})).make_all()


def of_figure(world: World, *others: str) -> dict[str, Entry | None]:
    planned, inventory = world.graph.nodes, take_inventory(world.root / "results" / "cpu")
    return inventory.lineage(["demo/figure/F1", *others], planned)


def test_the_lineage_is_what_the_figure_was_made_from_parents_first(made: World) -> None:
    found = of_figure(made)
    assert list(found) == ["demo/run/main/00", "demo/table/summary", "demo/figure/F1"]
    assert all(found.values())
    figure = found["demo/figure/F1"]
    assert figure is not None
    assert figure.read("F1.svg") == made.output("figure").read_bytes()
    assert figure.read("F2.svg") is None


def test_a_run_is_the_one_that_its_children_name(made: World) -> None:
    before = of_figure(made)["demo/run/main/00"]
    changed = made.replaced(run={"steps": 20}, code={})
    changed.make(changed.node("run"))
    assert before is not None
    assert of_figure(changed)["demo/run/main/00"] == before


def test_a_run_that_a_child_names_and_is_gone_has_no_stand_in(made: World) -> None:
    changed = made.replaced(run={"steps": 20}, code={})
    changed.make(changed.node("run"))
    made.record("run").unlink()
    assert of_figure(made)["demo/run/main/00"] is None
    assert of_figure(made, "demo/run/main/00")["demo/run/main/00"] is not None


def test_records_that_go_round_in_a_circle_are_refused(made: World) -> None:
    seen = read_record(made.record("figure"))
    edit_record(
        made.record("table"),
        lambda s: s["predicate"]["inputs"].update(
            {"demo/figure/F1": {"fingerprint": seen.fingerprint, "outputs": {}}}
        ),
    )
    with pytest.raises(ConfigError, match="circle"):
        of_figure(made)

"""Results and records that somebody changed on purpose, and what catches each."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_world import CONTENT, World, edit_record

from reprise.audit.challenge import compare_nodes, lineage, overall
from reprise.audit.diff import Tolerance
from reprise.records.state import states, to_make
from reprise.records.tree import LOCK, Tree, lock_text
from reprise.storage.atomic import sha256

pytestmark = pytest.mark.faults

FORGED = b"<svg>a better result</svg>"


def in_place(path: Path, content: bytes) -> None:
    """Overwrite the same file and give it its date back."""
    stamp = path.stat()
    path.write_bytes(content)
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def replaced(path: Path, content: bytes) -> None:
    """Put another file in its place."""
    path.unlink()
    path.write_bytes(content)


def to_match(path: Path, record: Path) -> None:
    """Put the digest of the output ``path`` into its record."""

    def change(statement: dict[str, Any]) -> None:
        (entry,) = (s for s in statement["subject"] if s["name"] == path.name)
        entry["digest"]["sha256"] = sha256(path)
        entry.pop("annotations", None)

    edit_record(record, change)


@pytest.mark.parametrize("change", [in_place, replaced], ids=lambda f: f.__name__)
@pytest.mark.parametrize("content", [FORGED, CONTENT["F1.svg"] + b" ", b""])
def test_a_changed_figure_is_tampered_whatever_its_date(
    world: World, change: Callable[[Path, bytes], None], content: bytes
) -> None:
    change(world.output("figure"), content)
    found = world.states()
    assert found["figure"].name == "tampered"
    assert found["figure"].reasons == ("results/cpu/demo/figures/F1.svg differs from its record",)
    assert found["table"].name == found["run"].name == "current"


def test_a_record_edited_to_match_is_caught_by_what_was_made_from_it(world: World) -> None:
    world.output("table").write_bytes(b"quantity,value\na,0.99\nb,0.75\n")
    to_match(world.output("table"), world.record("table"))
    found = world.states()
    assert found["table"].name == "current", "by itself it agrees"
    assert found["figure"].reasons == (
        "input demo/table/summary was made again with other content",
    )


@pytest.fixture
def published(world: World, tmp_path: Path) -> World:
    """A copy with a lock."""
    shutil.copytree(world.root, tmp_path / "copy")
    copy = World(tmp_path / "copy")
    folder = copy.root / "results" / "cpu"
    (folder / LOCK).write_text(lock_text(folder))
    return copy


def test_a_figure_and_its_record_edited_in_a_published_tree_are_caught_by_the_lock(
    published: World,
) -> None:
    figure, record = published.output("figure"), published.record("figure")
    figure.write_bytes(FORGED)
    to_match(figure, record)
    own = published.states()["figure"]
    assert own.name == "tampered", "nothing was made from it: only the lock can tell"
    assert own.reasons == (
        "results/cpu/demo/figures/F1.svg differs from the lock",
        "results/cpu/demo/figures/F1.record.json differs from the lock",
    )


def test_where_everything_is_rewritten_only_making_it_again_tells(
    world: World, published: World
) -> None:
    """The limit of records: they agree with one another, and with a lock written anew."""
    figure, folder = published.output("figure"), published.root / "results" / "cpu"
    figure.write_bytes(FORGED)
    to_match(figure, published.record("figure"))
    (folder / LOCK).write_text(lock_text(folder))
    assert {state.name for state in published.states().values()} == {"current"}
    node = published.node("figure")
    recorded = lineage(published.graph, Tree(folder), node)
    found = compare_nodes(recorded, Tree.own(world.root, "cpu"), node, (), Tolerance())
    assert {result.kind: result.status for result in found} == {
        "run": "identical",
        "table": "identical",
        "figure": "differs",
    }
    assert overall(found) == "differs"


@pytest.mark.slow
def test_checkpoints_under_a_false_step_or_from_another_seed_fail_the_audit(made: Any) -> None:
    """The digests of a whole public suite of models were once those of other steps and seeds."""
    (record,) = made.workspace.results.glob("*/runs/*/*/record.json")

    def forge(statement: dict[str, Any]) -> None:
        first, *_, last = statement["predicate"]["execution"]["checkpoints"]
        first["sha256"][0] = last["sha256"][0]
        first["sha256"][1] = "0" * 64

    assert made.workspace.call("reprise", "verify", "--deep", code=0)
    edit_record(record, forge)
    said = made.workspace.call("reprise", "verify", "--deep", code=4).stdout
    assert "member 0: checkpoints of 0 and 6001 updates are the same" in said
    assert "member 1: checkpoint 0 is not the initialisation of seed 1" in said


def test_other_versions_are_behind_and_neither_silently_current_nor_made_again(
    world: World,
) -> None:
    def older(statement: dict[str, Any]) -> None:
        versions = statement["predicate"]["environment"]["versions"]
        versions.update(dict.fromkeys(versions, "0.1"))

    edit_record(world.record("run"), older)
    known = states(world.graph, Tree.own(world.root, "cpu"))
    state = known[world.node("run").id]
    assert state.name == "behind"
    assert any(reason.startswith("jax was 0.1, is ") for reason in state.reasons)
    assert to_make(world.graph, known, list(world.graph.nodes)) == []

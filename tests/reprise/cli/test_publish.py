"""``reprise publish``: all or nothing, and what is published verifies."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_world import World

from reprise.audit.verify import audit
from reprise.cli import publish as subject
from reprise.cli.publish import publish_results
from reprise.records.record import read_record
from reprise.records.tree import LOCK, Tree, lock_text, release_of
from reprise.specs.load import Config


@pytest.fixture(autouse=True)
def no_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """The small world has no papers to write pages of."""
    monkeypatch.setattr(subject, "readmes", lambda *chosen: {})


def content(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in [*Tree(folder).files(), LOCK]}


def target(world: World) -> Path:
    return world.root / "results" / "published" / "cpu"


def test_what_is_published_verifies(world: World, plan_of: Any) -> None:
    assert publish_results(plan_of(world)) == 0
    found = audit(world.graph, Tree(target(world)))
    assert (found.exit_code, found.again, found.unclaimed) == (0, 0, ())
    assert found.release == release_of(world.root, [read_record(world.record("run"))])
    assert sum(map(len, found.withheld.values())) == 3
    assert (target(world) / LOCK).read_text() == lock_text(target(world))


def test_records_travel_unchanged_and_checkpoints_stay(world: World, plan_of: Any) -> None:
    publish_results(plan_of(world))
    tree = Tree(target(world))
    for node in world.graph.nodes.values():
        assert tree.path(node.record).read_bytes() == (world.root / node.record).read_bytes()
    assert not list(target(world).rglob("params.safetensors"))


def test_what_is_no_longer_made_goes(world: World, plan_of: Any) -> None:
    publish_results(plan_of(world))
    (target(world) / "demo" / "old.csv").write_text("x")
    (target(world) / "gone").mkdir()
    assert publish_results(plan_of(world)) == 0
    assert not (target(world) / "demo" / "old.csv").exists()
    assert not (target(world) / "gone").exists()


def test_other_papers_stay_when_some_are_published(world: World, plan_of: Any) -> None:
    publish_results(plan_of(world))
    (target(world) / "other").mkdir()
    (target(world) / "other" / "table.csv").write_text("x")
    world.graph.config = Config(papers=["demo"])
    assert publish_results(plan_of(world)) == 0
    assert "other/table.csv" in Tree(target(world)).lock
    assert audit(world.graph, Tree(target(world))).exit_code == 0


def test_the_report_of_some_papers_stays_behind(world: World, plan_of: Any) -> None:
    world.graph.config = Config(papers=["demo"])
    assert publish_results(plan_of(world)) == 0
    lock = Tree(target(world)).lock
    assert any("table" in path for path in lock)
    assert not any("report" in path for path in lock)


def test_nothing_is_published_of_a_tree_that_is_not_current(world: World, plan_of: Any) -> None:
    world.output("table").write_text("other")
    assert publish_results(plan_of(world)) == 4
    assert not target(world).exists()


def spoil(world: World) -> None:
    """As by another process, after the states were looked at."""
    world.output("table").write_text("other")


def stop(world: World) -> None:
    world.output("figure").unlink()


@pytest.mark.parametrize(("fault", "error"), [(spoil, None), (stop, FileNotFoundError)])
def test_what_goes_wrong_on_the_way_leaves_the_old(
    world: World,
    plan_of: Any,
    fault: Callable[[World], None],
    error: type[Exception] | None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    publish_results(plan_of(world))
    before = content(target(world))
    plan = plan_of(world)
    fault(world)
    if error:
        with pytest.raises(error):
            publish_results(plan)
    else:
        assert publish_results(plan) == 4
        assert "not published: demo/table/summary: " in capsys.readouterr().err
    assert content(target(world)) == before
    assert [path.name for path in target(world).parent.iterdir()] == ["cpu"]


def test_what_becomes_stale_on_the_way_is_not_published(
    world: World, plan_of: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = plan_of(world)
    mark, path = world.node("figure").fingerprint, world.record("figure")
    path.write_text(path.read_text().replace(mark, "0" * len(mark)))
    assert publish_results(plan) == 3
    assert "changed meanwhile" in capsys.readouterr().err
    assert not target(world).exists()


def test_publishing_again_gives_the_same(world: World, plan_of: Any) -> None:
    publish_results(plan_of(world))
    before = content(target(world))
    shutil.rmtree(target(world))
    publish_results(plan_of(world))
    assert content(target(world)) == before

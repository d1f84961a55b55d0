"""Records as samples: whole ones are read, odd ones passed over."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recorded_trainings import GPU, node_of, record_training

from reprise.execution.evidence import Evidence, work_digest
from reprise.project import Project


def evidence(root: Path) -> Evidence:
    return Evidence(Project(root))


def test_a_record_is_read_as_what_it_did_and_took(tmp_path: Path) -> None:
    node = node_of(phases=[{"until": 60, "task": {"relevant": 1}}], batching="vmap")
    record_training(tmp_path, node)
    (found,) = evidence(tmp_path).trainings
    work, sample = found.sample.work, found.sample
    assert work.family == ("demo/main", "parity", "parity_mlp", "float32")
    assert (work.members, work.updates, work.phases, work.side_by_side) == (3, 121, 2, True)
    assert work.flops == pytest.approx(1e6)
    assert (sample.start_s, sample.compile_s, sample.train_s, sample.here) == (1.0, 2.0, 10.0, True)
    assert (found.id, found.scale, found.peak_memory_bytes) == (node.id, "cpu", 3 * 10**8)


@pytest.mark.parametrize(
    "odd",
    [
        {"resumed_from_step": 40},
        {"compile_s": 0.0},
        {"train_s": 1.0},
        {"train_s": 12.0},
        {"train_s": "long"},
        {"device": None},
        {"device": {"platform": "cpu"}},
        {"flops": "many"},
    ],
)
def test_an_odd_record_tells_nothing(tmp_path: Path, odd: dict[str, Any]) -> None:
    record_training(tmp_path, node_of(), **odd)
    assert evidence(tmp_path).trainings == ()


@pytest.mark.parametrize("flops", [0.0, -1.0])
def test_flops_that_nobody_counted_leave_the_times(tmp_path: Path, flops: float) -> None:
    record_training(tmp_path, node_of(), flops=flops)
    (found,) = evidence(tmp_path).trainings
    assert found.sample.work.flops is None
    assert evidence(tmp_path).flops == {}


def test_damaged_records_and_other_files_are_passed_over(tmp_path: Path) -> None:
    record_training(tmp_path, node_of())
    good = next(tmp_path.rglob("record.json"))
    for name, text in {"a": "{", "b": "[]", "c": good.read_text()[:200]}.items():
        (good.parent.parent / name).mkdir()
        (good.parent.parent / name / "record.json").write_text(text)
    assert len(evidence(tmp_path).trainings) == 1
    assert Evidence(Project(tmp_path / "nowhere")).trainings == ()


def test_published_records_are_of_another_machine_and_set_to_the_speed_of_this_one(
    tmp_path: Path,
) -> None:
    for n in range(3):
        node = node_of(f"run{n}/00")
        record_training(tmp_path, node, published=True)
        record_training(tmp_path, replace(node), wall_s=22.0, train_s=20.0, compile_s=4.0)
    record_training(tmp_path, node_of("other/00"), published=True)
    found = evidence(tmp_path).of("cpu").samples
    assert [s.here for s in found].count(True) == 3
    (other,) = (s for s in found if s.work.family[0] == "demo/other")
    assert (other.train_s, other.compile_s) == pytest.approx((20.0, 4.0))


def test_devices_are_found_by_a_part_of_their_name(tmp_path: Path) -> None:
    record_training(tmp_path, node_of("a/00"))
    record_training(tmp_path, node_of("b/00", "gpu"), device=GPU)
    known = evidence(tmp_path)
    assert known.devices == ("cpu cpu", "gpu nvidia h100 80gb hbm3")
    for part, run in (("cpu", "demo/a"), ("gpu", "demo/b"), ("h100", "demo/b")):
        assert [s.work.family[0] for s in known.of(part).samples] == [run]
    assert known.of("a100").samples == ()


def test_records_can_be_left_out(tmp_path: Path) -> None:
    kept, left = node_of("kept/00"), node_of("left/00")
    for node in (kept, left):
        record_training(tmp_path, node)
    found = Evidence(Project(tmp_path), frozenset({left.id})).trainings
    assert [t.id for t in found] == [kept.id]


def test_the_same_update_has_the_same_digest_whatever_its_steps_seeds_and_rates() -> None:
    def digest(**changes: Any) -> str:
        return work_digest(node_of(**changes).spec["run"])

    optimizer = {"name": "adamw", "learning_rate": 0.5, "weight_decay": 0.0}
    same = [{}, {"steps": 240}, {"members": {"seed": [1]}}, {"optimizer": optimizer}]
    assert len({digest(**changes) for changes in same}) == 1
    other: list[dict[str, Any]] = [
        {"model": {"name": "parity_mlp", "hidden": 9}},
        {"dtype": "float64"},
        {"optimizer": {"name": "muon", "learning_rate": 0.5}},
    ]
    assert len({digest(**changes) for changes in [{}, *other]}) == 4

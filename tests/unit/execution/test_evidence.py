"""Records as samples: whole ones are read, odd ones passed over."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from recorded_trainings import GPU, node_of, record_training

from reprise.execution.evidence import Evidence, work_digest, work_of
from reprise.project import Project
from reprise.storage.atomic import write_json, write_text


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
        {"compiler_flops_per_update": "many"},
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


def test_calibrations_compare_machines_that_trained_nothing_in_common(tmp_path: Path) -> None:
    record_training(tmp_path, node_of(), published=True, peak_flops_per_s=1e11)
    assert evidence(tmp_path).of("cpu").samples[0].train_s == 10.0
    measured = {
        "cpu Some Processor, float32, exact, threads 1": 5e10,
        "cpu Some Processor, float32, exact, threads 8": 4e11,
        "cpu Some Processor, float64, exact, threads 1": 1e10,
        "gpu Some Card, float32, exact, threads 1": 1e13,
    }
    write_json(tmp_path / ".reprise/calibration.json", {"schema": 1, "flops_per_s": measured})
    assert evidence(tmp_path).of("cpu").samples[0].train_s == pytest.approx(20.0)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"flops_per_s": {"cpu a, float32, b": []}}']
)
def test_a_damaged_calibration_counts_as_none(tmp_path: Path, text: str) -> None:
    write_text(tmp_path / ".reprise/calibration.json", text)
    assert evidence(tmp_path).best("cpu", "float32") is None


def test_the_count_of_the_compiler_is_preferred_since_plans_can_repeat_it(tmp_path: Path) -> None:
    record_training(tmp_path, node_of(), compiler_flops_per_update=7.0)
    (found,) = evidence(tmp_path).trainings
    assert found.sample.work.flops == 7.0


def test_numerics_of_lower_precision_are_a_family_of_their_own() -> None:
    spec = node_of().spec
    families = [
        work_of("demo", "main/00", {**spec, **n}).family for n in ({}, {"numerics": "bf16"})
    ]
    assert [family[-1] for family in families] == ["float32", "bf16"]

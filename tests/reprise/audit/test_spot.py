"""Beginnings of trainings: repeated from records, on this processor and on others."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from small_world import EXECUTION, make
from training_jobs import PARITY, job

from reprise.audit.diff import Status
from reprise.audit.spot import ONLY_START, Spot, runs_of, spot
from reprise.graph.build import run_code
from reprise.graph.nodes import Node
from reprise.jobs import beginning as subject
from reprise.jobs.beginning import Beginning, repeat
from reprise.records.record import read_record, write_record
from reprise.records.tree import take_inventory
from reprise.specs.errors import ConfigError
from reprise.specs.runs import JobSpec
from reprise.storage.atomic import write_bytes
from reprise.training.loop import begin

RUN = "pearce2023/run/main/00"
CPU = {"platform": "cpu", "kind": "cpu", "count": 1}
HERE = {"cpu": "Abacus", "instructions": "BEADS"}


def record(root: Path, made: JobSpec, checkpoints: Any, run: str = RUN, **other: Any) -> Path:
    """The record of a run with these settings, whatever it notes; its path."""
    paper, _, name = run.split("/", 2)
    spec = made.model_dump(mode="json", exclude_none=True)
    place = f"results/cpu/{paper}/runs/{name}-{{mark}}"
    node = make("run", name, spec, (f"{place}/params.safetensors",), (), run_code(made))
    node = replace(node, id=run, paper=paper)
    write_bytes(root / node.outputs[0], b"weights")
    failed = [-1] * len(made.members)
    noted = {"device": CPU, "threads": 1, "failed_at_step": failed, "checkpoints": checkpoints}
    write_record(root, node, {}, {**EXECUTION, **noted, **other})
    return root / node.record


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    statement = json.loads(path.read_text())
    change(statement["predicate"])
    path.write_text(json.dumps(statement))


@cache
def trained() -> list[dict[str, Any]]:
    """What the record of the training notes of its beginning."""
    return begin(job(PARITY))


@pytest.fixture(autouse=True)
def this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beginnings are repeated here, by a known processor."""
    known = subject.environment
    monkeypatch.setattr(subject, "environment", lambda *given: {**known(*given), **HERE})
    monkeypatch.setattr(subject, "configure", lambda *chosen: None)
    monkeypatch.setattr(subject.numerics, "apply", lambda *chosen: {})


@pytest.fixture
def at(tmp_path: Path) -> Path:
    """The record of an honest training, on the processor at hand."""
    path = record(tmp_path, job(PARITY), trained())
    edit(path, lambda p: p["environment"].update(HERE))
    return path


def repeated(root: Path) -> Spot:
    def one_by_one(asked: Sequence[tuple[Node, int]]) -> Iterator[Beginning]:
        return (repeat(node, updates, root) for node, updates in asked)

    inventory = take_inventory(root / "results" / "cpu")
    (found,) = spot(runs_of(inventory, inventory.entries, ()), "cpu", one_by_one)
    return found


def elsewhere(predicate: dict[str, Any]) -> None:
    """Its training took place on another processor, which rounds otherwise."""
    predicate["environment"]["cpu"] = "Slide rule"
    for noted in predicate["execution"]["checkpoints"]:
        noted["sha256"] = [digest[::-1] for digest in noted["sha256"]]
        for name in ("first_loss", "loss", "moved"):
            noted[name] = [x * (1 + 1e-6) for x in noted.get(name, [])]


def test_an_honest_training_is_identical(at: Path, tmp_path: Path) -> None:
    found = repeated(tmp_path)
    assert (found.status, found.updates, found.reasons) == (Status.IDENTICAL, 16, ())


@pytest.mark.faults
@pytest.mark.parametrize(
    "settings",
    [
        {"members": {"seed": [3, 4, 6]}},
        {"optimizer": {**PARITY["optimizer"], "learning_rate": 0.012}},
        {"task": {**PARITY["task"], "relevant": 3}},
    ],
    ids=["seed", "learning rate", "data"],
)
@pytest.mark.parametrize("other", [False, True], ids=["here", "elsewhere"])
def test_other_settings_than_the_record_says_differ(
    settings: dict[str, Any], other: bool, tmp_path: Path
) -> None:
    """The record is whole, and its digests fit: it says what was not done."""
    path = record(tmp_path, job({**PARITY, **settings}), trained())
    edit(path, lambda p: p["environment"].update(HERE))
    if other:
        edit(path, elsewhere)
    found = repeated(tmp_path)
    assert found.status is Status.DIFFERS
    assert "member 2: other parameters after" in " ".join(found.reasons)
    assert any("member " in text and " -> " in text for text in found.reasons)


def test_another_processor_is_compared_by_losses_and_distance(at: Path, tmp_path: Path) -> None:
    edit(at, elsewhere)
    found = repeated(tmp_path)
    assert found.status is Status.EQUAL
    assert found.reasons == ("processor was Slide rule, is Abacus",)


@pytest.mark.faults
def test_on_the_same_processor_digests_decide(at: Path, tmp_path: Path) -> None:
    def forge(predicate: dict[str, Any]) -> None:
        predicate["execution"]["checkpoints"][-1]["sha256"][1] = "f" * 64

    edit(at, forge)
    found = repeated(tmp_path)
    assert found.status is Status.DIFFERS
    assert found.reasons == ("member 1: other parameters after 16 updates",)


def test_other_code_that_gives_other_numbers_is_not_comparable(at: Path, tmp_path: Path) -> None:
    def older(predicate: dict[str, Any]) -> None:
        predicate["code"]["reprise.gone:function"] = "0" * 64

    edit(at, older)
    assert repeated(tmp_path).status is Status.IDENTICAL, "equal bits say all"

    def otherwise(predicate: dict[str, Any]) -> None:
        predicate["execution"]["checkpoints"][-1].update(sha256=["0" * 64] * 3, loss=[9.0] * 3)

    edit(at, otherwise)
    found = repeated(tmp_path)
    assert found.status is Status.NOT_COMPARABLE
    assert "made by other code: code reprise.gone:function removed" in found.reasons


def test_a_record_older_than_the_noted_beginning_proves_only_its_start(
    at: Path, tmp_path: Path
) -> None:
    edit(at, lambda p: p["execution"]["checkpoints"].pop())
    found = repeated(tmp_path)
    assert (found.status, found.updates, found.reasons) == (
        Status.NOT_COMPARABLE,
        0,
        (ONLY_START,),
    )
    edit(at, lambda p: p["execution"].pop("checkpoints"))
    assert repeated(tmp_path).reasons == ("its record notes no checkpoints",)


def test_the_first_update_of_a_warm_up_proves_no_more(at: Path, tmp_path: Path) -> None:
    """Its learning rate is zero, so that it is not repeated either."""

    def warming_up(predicate: dict[str, Any]) -> None:
        start = predicate["execution"]["checkpoints"][0]
        predicate["execution"]["checkpoints"][1:] = [{**start, "updates": 1}]

    edit(at, warming_up)
    found = repeated(tmp_path)
    assert (found.updates, found.reasons) == (0, (ONLY_START,))


def test_settings_of_another_version_are_not_comparable(at: Path, tmp_path: Path) -> None:
    edit(at, lambda p: p["spec"]["run"]["task"].update(colour="red"))
    found = repeated(tmp_path)
    assert found.status is Status.NOT_COMPARABLE
    assert found.reasons[0].startswith("its settings are not of this version: ")


def test_runs_are_found_by_what_was_made_from_them(at: Path, tmp_path: Path) -> None:
    record(tmp_path, job(PARITY, steps=20), [], "pearce2023/run/other/00")
    table = make("table", "loss", {}, ("results/cpu/pearce2023/tables/loss.csv",), (), {})
    write_bytes(tmp_path / table.outputs[0], b"loss\n1\n")
    table = replace(table, id="pearce2023/table/loss", paper="pearce2023")
    seen = {"fingerprint": read_record(at).fingerprint, "outputs": {}}
    write_record(tmp_path, table, {RUN: seen}, EXECUTION)
    tree = take_inventory(tmp_path / "results" / "cpu")

    def runs(names: Iterable[str], *papers: str) -> list[str]:
        return [entry.id for entry in runs_of(tree, names, papers)]

    assert runs(["pearce2023/table/loss"]) == runs([RUN]) == [RUN]
    every = tree.entries
    assert runs(every) == runs(every, "pearce2023") == [RUN, "pearce2023/run/other/00"]
    with pytest.raises(ConfigError, match="no run to repeat"):
        runs(every, "dai2022")

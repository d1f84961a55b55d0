"""What changed between two makings of a node, in words.

A criterion that was moved after it had been judged by is told, now and ever after.
"""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from small_world import World

from reprise.graph.closure import REFERENCES
from reprise.records.changes import (
    NOTED,
    UNNAMED,
    arithmetic_changes,
    claim_changes,
    code_changes,
    environment_changes,
    noted_changes,
)
from reprise.records.record import Record, read_record
from reprise.surroundings import XLA_FLAGS


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Everything made."""
    return World(tmp_path).make_all()


def test_the_numerics_profile_is_compared_a_record_without_one_is_exact(world: World) -> None:
    record = read_record(world.record("run"))
    lower = replace(record, spec={**record.spec, "numerics": "bf16"})
    assert environment_changes(record, record) == ()
    assert environment_changes(record, lower) == ("numerics was exact, is bf16",)
    assert environment_changes(lower, record) == ("numerics was bf16, is exact",)


def test_device_and_threads_are_compared(world: World) -> None:
    record = read_record(world.record("run"))

    def on(platform: str, kind: str, threads: int) -> Any:
        device = {"platform": platform, "kind": kind}
        return replace(record, execution={**record.execution, "device": device, "threads": threads})

    assert environment_changes(on("gpu", "A", 1), on("gpu", "B", 2)) == (
        "device was A, is B",
        "threads was 1, is 2",
    )
    assert environment_changes(on("cpu", "A", 1), on("gpu", "B", 1)) == (
        "device type was cpu, is gpu",
    )


def test_only_what_can_change_a_digit_excuses_one(world: World) -> None:
    """A record that is older than the naming of instructions may be of another processor."""
    record = read_record(world.record("run"))

    def made_with(**environment: Any) -> Any:
        return replace(record, environment={**record.environment, **environment})

    assert arithmetic_changes(record, made_with(python="3.99")) == ()
    chosen = {"pinned": {}, "chosen": {XLA_FLAGS: "--fast"}}
    assert arithmetic_changes(record, made_with(variables=chosen)) == (
        "flags of XLA was none, is --fast",
    )
    (text,) = arithmetic_changes(made_with(instructions="BEADS"), record)
    assert text.startswith("instructions was BEADS, is ")
    assert arithmetic_changes(made_with(instructions=None), record) == (UNNAMED,)
    assert arithmetic_changes(made_with(instructions=None, cpu="Abacus"), record) != (UNNAMED,)


CODE = {"papers.a.spec:Mixture.shares": "1", "papers.a.spec:Mixture": "2", REFERENCES: "3"}


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        (CODE, []),
        (
            {**CODE, "papers.a.spec:Mixture.shares": "4", REFERENCES: "5"},
            ["code papers.a.spec:Mixture.shares changed"],
        ),
        ({"papers.b:shares": "1", "papers.b:Mixture": "2", REFERENCES: "3"}, []),
        ({**CODE, "papers.a:new": "6", REFERENCES: "7"}, ["code papers.a:new added"]),
        ({**CODE, REFERENCES: "8"}, ["code: a name stands for another definition"]),
    ],
)
def test_definitions_are_named_that_say_something_else(
    after: dict[str, str], expected: list[str]
) -> None:
    assert code_changes(CODE, after) == expected


SPEC: dict[str, Any] = {
    "gates": {"fits": {"statement": "x", "criterion": {"table": "t", "at_least": 0.95}}},
    "claims": {
        "rises": {
            "statement": "It rises.",
            "gate": "fits",
            "criterion": {"table": "t", "where": {"q": "a"}, "at_least": 0.9},
            "scales": ["cpu"],
        },
        "falls": {"statement": "It falls.", "criterion": {"table": "t", "at_most": 0.1}},
    },
}


@pytest.fixture
def judged(world: World) -> Record:
    return replace(read_record(world.record("table")), spec=SPEC)


def edited(**changes: Any) -> dict[str, Any]:
    spec = copy.deepcopy(SPEC)
    spec["claims"]["rises"].update(changes)
    return spec


def test_claims_as_they_were_judged_are_not_noted(judged: Record) -> None:
    assert claim_changes(SPEC, [judged]) == {}
    assert claim_changes(SPEC, []) == {}


@pytest.mark.parametrize("field", ["statement", "source", "paper_value", "threshold_source"])
def test_texts_decide_nothing(judged: Record, field: str) -> None:
    assert claim_changes(edited(**{field: "other"}), [judged]) == {}


CHANGES = {
    "criterion.at_least: 0.9 -> 0.8": {
        "criterion": {"table": "t", "where": {"q": "a"}, "at_least": 0.8}
    },
    "criterion.where.q: a -> b": {
        "criterion": {"table": "t", "where": {"q": "b"}, "at_least": 0.9}
    },
    "partly: None -> {'table': 't'}": {"partly": {"table": "t"}},
    "judged: True -> False": {"scales": ("gpu",)},
}


@pytest.mark.parametrize("words", CHANGES)
def test_what_decides_is_noted(judged: Record, words: str) -> None:
    assert claim_changes(edited(**CHANGES[words]), [judged]) == {"rises": [words]}


def test_that_a_claim_is_judged_at_another_scale_too_changes_nothing_here(judged: Record) -> None:
    assert claim_changes(edited(scales=("cpu", "night")), [judged]) == {}


def test_a_gate_decides_the_claims_behind_it(judged: Record) -> None:
    spec = copy.deepcopy(SPEC)
    spec["gates"]["fits"]["criterion"]["at_least"] = 0.5
    assert claim_changes(spec, [judged]) == {"rises": ["gate.fits.at_least: 0.95 -> 0.5"]}


def test_added_and_removed_claims_are_noted(judged: Record) -> None:
    spec = copy.deepcopy(SPEC)
    spec["claims"]["new"] = spec["claims"].pop("falls")
    assert claim_changes(spec, [judged]) == {"falls": ["removed"], "new": ["added"]}


def test_a_note_is_kept_where_the_criterion_is_moved_back(judged: Record) -> None:
    moved = edited(criterion={"table": "t", "where": {"q": "a"}, "at_least": 0.8})
    noted = claim_changes(moved, [judged])
    second = replace(judged, spec=moved, execution={NOTED: noted})
    assert claim_changes(SPEC, [second]) == {
        "rises": ["criterion.at_least: 0.9 -> 0.8", "criterion.at_least: 0.8 -> 0.9"]
    }
    assert claim_changes(moved, [judged, second]) == noted, "told by two records, noted once"


@pytest.mark.parametrize("noted", [None, [], "x", {"rises": 1}])
def test_notes_of_another_shape_are_none(judged: Record, noted: Any) -> None:
    assert noted_changes(replace(judged, execution={NOTED: noted})) == {}

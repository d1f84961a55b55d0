"""From grids to jobs: every member once, shapes never mixed, order fixed."""

import itertools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprise.specs.errors import validate
from reprise.specs.runs import RunSpec, grid, jobs, run_spec, with_values

BASE: dict[str, Any] = {
    "task": {"name": "parity", "digits": 8, "relevant": 2, "train_size": 100},
    "model": {"name": "parity_mlp", "hidden": 16},
    "optimizer": {"name": "adamw", "learning_rate": 0.003},
    "steps": 100,
    "log_every": 10,
}


def run(members: dict[str, Any], **fields: Any) -> RunSpec:
    return validate(run_spec("pearce2023"), {**BASE, **fields, "members": members}, "paper.yaml")


def test_the_first_axis_is_the_slowest() -> None:
    spec = run({"optimizer.l1": [0.0, 0.1], "seed": [3, 4]})
    assert [tuple(member.values()) for member in grid(spec)] == [
        (0.0, 3),
        (0.0, 4),
        (0.1, 3),
        (0.1, 4),
    ]


def test_members_that_share_shapes_share_a_job() -> None:
    spec = run({"model.hidden": [4, 8], "seed": [0, 1], "optimizer.l1": [0.0, 0.1]})
    split = jobs(spec)
    assert [job.run.model.hidden for job in split] == [4, 8]
    for job in split:
        assert len(job.members) == 4
        assert {m["model.hidden"] for m in job.members} == {job.run.model.hidden}


@given(
    seeds=st.integers(1, 5),
    hidden=st.lists(st.integers(1, 64), min_size=1, max_size=3, unique=True),
    decay=st.lists(st.floats(0, 1), min_size=1, max_size=3, unique=True),
    limit=st.none() | st.integers(1, 7),
)
def test_every_member_is_trained_once(
    seeds: int, hidden: list[int], decay: list[float], limit: int | None
) -> None:
    axes = {"seed": list(range(seeds)), "model.hidden": hidden, "optimizer.weight_decay": decay}
    split = jobs(run(axes, members_per_job=limit))
    trained = [frozenset(member.items()) for job in split for member in job.members]
    product = itertools.product(*axes.values())
    expected = {frozenset(zip(axes, values, strict=True)) for values in product}
    assert len(trained) == len(expected)
    assert set(trained) == expected
    assert all(len(job.members) <= (limit or len(trained)) for job in split)
    assert all(
        job.run.model.hidden == member["model.hidden"] for job in split for member in job.members
    )


CLIPPED = {"name": "clipped_adamw", "learning_rate": 0.003}


@pytest.mark.parametrize(
    ("axis", "value", "words", "fields"),
    [
        ("optimizer.lr", [0.1], "members.optimizer.lr is not a parameter of the run", {}),
        ("steps.x", [1], "members.steps.x is not a parameter of the run", {}),
        ("model.hidden", [0], "members.model.hidden=0: input should be greater than 0", {}),
        ("model.hidden", [1.5], "members.model.hidden=1.5: input should be a valid integer", {}),
        ("steps", [15], "members.steps=15: log_every must divide steps=15, got 10", {}),
        (
            "optimizer.learning_rate",
            [0.1, -1.0],
            "members.optimizer.learning_rate=-1.0: input should be greater than 0",
            {},
        ),
        (
            "optimizer.learning_rate",
            ["abc"],
            "members.optimizer.learning_rate='abc': input should be a valid number",
            {},
        ),
        (
            "optimizer.weight_decay",
            [0.0, -0.1],
            "members.optimizer.weight_decay=-0.1: input should be greater than or equal to 0",
            {},
        ),
        (
            "optimizer.l1",
            [0, 0.1],
            "members.optimizer.l1 is not a parameter of the run",
            {"optimizer": CLIPPED},
        ),
    ],
)
def test_an_impossible_axis_is_refused(
    axis: str, value: list[Any], words: str, fields: dict[str, Any]
) -> None:
    spec = run({"seed": [0], axis: value}, **fields)
    with pytest.raises(ValueError, match=words) as refused:
        jobs(spec)
    assert "\n" not in str(refused.value)


def test_of_several_axes_the_wrong_one_is_named() -> None:
    spec = run({"seed": [0], "model.hidden": [4], "task.relevant": [0]})
    with pytest.raises(ValueError, match=r"^members\.task\.relevant=0: input should be"):
        jobs(spec)


def test_ranges_include_both_ends() -> None:
    assert run({"seed": {"first": 2, "last": 4}}).members["seed"] == [2, 3, 4]


def test_values_are_set_by_path_and_checked() -> None:
    spec = run({"seed": [0]})
    assert with_values(spec, {"task.digits": 9}).task.digits == 9
    with pytest.raises(ValueError, match="at most digits"):
        with_values(spec, {"task.digits": 1})

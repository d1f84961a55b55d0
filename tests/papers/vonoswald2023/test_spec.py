"""Specs of sequence tasks: sizes that follow from them, faults named with the nearest choice."""

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from papers.vonoswald2023.spec import (
    SLOTS,
    FewShotRegression,
    LinearDynamics,
    NonlinearDynamics,
    Task,
)
from reprise.specs.errors import ConfigError, validate

LINEAR: dict[str, Any] = {"name": "linear_dynamics", "dims": 10, "length": 50, "batch_size": 256}
PARTIAL = LINEAR | {"dims": 15, "observed": 5, "observation_noise": 0.01}
NONLINEAR: dict[str, Any] = {
    "name": "nonlinear_dynamics",
    "dims": 10,
    "length": 50,
    "network_seed": 421,
    "batch_size": 256,
}
FEW: dict[str, Any] = {
    "name": "few_shot_regression",
    "dims": 10,
    "pairs": 68,
    "eos": True,
    "prefix": 20,
    "batch_size": 128,
}
TASK: TypeAdapter[Any] = TypeAdapter(Task)


@pytest.mark.parametrize(
    ("data", "model", "sizes"),
    [
        (LINEAR, LinearDynamics, (50, 10, 10)),
        (LINEAR | {"tokens": "constructed"}, LinearDynamics, (50, 40, 10)),
        (LINEAR | {"tokens": "constructed_compact"}, LinearDynamics, (50, 30, 10)),
        (PARTIAL, LinearDynamics, (50, 5, 5)),
        (PARTIAL | {"length": None, "length_per_dim": 4}, LinearDynamics, (20, 5, 5)),
        (NONLINEAR, NonlinearDynamics, (50, 10, 10)),
        (FEW, FewShotRegression, (224, 10, 10)),
        (FEW | {"prefix": 0, "eos": False, "pairs": 112}, FewShotRegression, (224, 10, 10)),
        (FEW | {"pairs": 27, "second_pairs": 30}, FewShotRegression, (40 + 3 * 57, 10, 10)),
    ],
)
def test_a_task_is_known_by_its_name_and_says_its_sizes(data, model, sizes):
    spec = TASK.validate_json(json.dumps(data))
    assert type(spec) is model
    assert (spec.positions, spec.token_dims, spec.target_dims) == sizes
    assert TASK.validate_json(spec.model_dump_json()) == spec
    assert hash(spec) == hash(spec.model_copy())


@pytest.mark.parametrize("dims", [4, 6, 10, 20, 40, 60])
def test_families_of_sizes_keep_the_length_per_dimension(dims):
    spec = TASK.validate_json(
        json.dumps(LINEAR | {"dims": dims, "length": None, "length_per_dim": 4})
    )
    assert spec.positions == 4 * dims


def test_every_token_kind_has_slots_and_every_layout_a_kind():
    for kind in SLOTS:
        assert validate(LinearDynamics, LINEAR | {"tokens": kind}, "f").tokens == kind
    kinds = LinearDynamics.model_json_schema()["properties"]["tokens"]["enum"]
    assert set(kinds) == set(SLOTS)


@pytest.mark.parametrize(
    ("model", "data", "changes", "words"),
    [
        (LinearDynamics, LINEAR, {"system": "ortogonal"}, ["system", "mean 'orthogonal'?"]),
        (LinearDynamics, LINEAR, {"tokens": "construct"}, ["tokens", "did you mean 'constr"]),
        (LinearDynamics, LINEAR, {"lenght": 3}, ["lenght", "did you mean 'length'?"]),
        (LinearDynamics, LINEAR, {"length": 9}, ["length must be at least", "(nearest: 10)"]),
        (LinearDynamics, PARTIAL, {"length": 4}, ["length must be at least the 5", "nearest: 5"]),
        (LinearDynamics, LINEAR, {"length": None}, ["exactly one of length and length_per_dim"]),
        (LinearDynamics, LINEAR, {"length_per_dim": 4}, ["exactly one of length and length_per"]),
        (LinearDynamics, LINEAR, {"process_noise": -0.1}, ["process_noise", "or equal to 0"]),
        (LinearDynamics, PARTIAL, {"observation_noise": -1}, ["observation_noise", "equal to 0"]),
        (LinearDynamics, PARTIAL, {"observed": 16}, ["observed must be at most dims=15, got 16"]),
        (LinearDynamics, PARTIAL, {"observed": 0}, ["observed", "greater than 0"]),
        (LinearDynamics, LINEAR, {"initial": 0}, ["initial", "greater than 0"]),
        (LinearDynamics, LINEAR, {"system": "contracting"}, ["clip must be set", "2.0"]),
        (LinearDynamics, LINEAR, {"system": "fixed"}, ["teacher_seed", "got None", "'fixed'"]),
        (LinearDynamics, LINEAR, {"teacher_seed": 1}, ["teacher_seed", "got 1", "'orthogonal'"]),
        (NonlinearDynamics, NONLINEAR, {"length": 3}, ["length must be at least the 10"]),
        (NonlinearDynamics, NONLINEAR, {"hiden": 3}, ["hiden", "did you mean 'hidden'?"]),
        (NonlinearDynamics, NONLINEAR, {"network_seed": -1}, ["network_seed", "equal to 0"]),
        (FewShotRegression, FEW, {"prefix": -1}, ["prefix", "greater than or equal to 0"]),
        (FewShotRegression, FEW, {"pairs": 0}, ["pairs", "greater than 0"]),
        (FewShotRegression, FEW, {"pair": 3}, ["pair", "did you mean 'pairs'?"]),
        (FewShotRegression, FEW, {"noise": -0.5}, ["noise", "greater than or equal to 0"]),
        (FewShotRegression, FEW, {"eos": 1}, ["eos", "valid boolean"]),
    ],
)
def test_faults_are_named(model, data, changes, words):
    with pytest.raises(ConfigError) as error:
        validate(model, data | changes, "paper.yaml")
    assert all(word in str(error.value) for word in ["paper.yaml", *words]), error.value


def test_the_name_of_no_task_is_refused():
    with pytest.raises(ValidationError, match="linear_dynamic"):
        TASK.validate_json(json.dumps(LINEAR | {"name": "linear_dynamic"}))

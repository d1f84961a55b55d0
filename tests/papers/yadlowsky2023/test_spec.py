"""Specs of in-context regression: weights, kinds and dimensions that fit, faults named."""

import copy
from typing import Any

import pytest

from papers.yadlowsky2023.spec import FunctionMixture, Law, PfnRegression
from reprise.specs.errors import ConfigError, validate

MIXTURE: dict[str, Any] = {
    "name": "function_mixture",
    "dims": 20,
    "pairs": 41,
    "batch_size": 64,
    "classes": {"dense": {"kind": "dense"}, "sparse": {"kind": "sparse", "nonzeros": 2}},
    "weights": {"dense": 0.25, "sparse": None},
}
LINES: dict[str, Any] = {
    "name": "pfn_regression",
    "points": 20,
    "queries": 10,
    "batch_size": 32,
    "classes": {"line": {"kind": "line"}, "sine": {"kind": "sine"}},
    "weights": {"line": 0.5, "sine": 0.5},
}


def message(model: Any, data: dict[str, Any], **changes: Any) -> str:
    with pytest.raises(ConfigError) as error:
        validate(model, copy.deepcopy(data) | changes, "paper.yaml")
    return str(error.value)


def test_an_open_weight_is_what_the_others_leave():
    assert validate(FunctionMixture, MIXTURE, "f").shares == (0.25, 0.75)
    alone = MIXTURE | {"weights": {"sparse": 1.0, "dense": None}}
    assert validate(FunctionMixture, alone, "f").shares == (0.0, 1.0)


def test_weights_as_arguments_are_the_weights():
    sparse_first = dict(reversed(MIXTURE["classes"].items()))
    spec = validate(FunctionMixture, MIXTURE | {"classes": sparse_first}, "f")
    given = spec.model_copy(update=spec.arguments)
    assert given.shares == spec.shares == (0.75, 0.25)
    assert None not in given.weights.values()


def test_equal_specs_hash_alike_and_survive_a_round_trip():
    first, second = (validate(FunctionMixture, copy.deepcopy(MIXTURE), "f") for _ in range(2))
    assert hash(first) == hash(second) and first == second
    assert FunctionMixture.model_validate_json(first.model_dump_json()) == first
    other = validate(FunctionMixture, MIXTURE | {"weights": {"dense": 0.5, "sparse": 0.5}}, "f")
    assert other != first and hash(other) != hash(first)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"weights": {"dense": 0.5, "sparse": 0.6}}, ["weights must sum to 1, got 1.1", "sparse"]),
        ({"weights": {"dense": 0.5, "sparse": 0.4}}, ["weights must sum to 1, got 0.9"]),
        ({"weights": {"dense": 1.5, "sparse": None}}, ["weights.dense", "1.5"]),
        ({"weights": {"dense": None, "sparse": None}}, ["at most one class", "null"]),
        ({"weights": {"dense": 1.0}}, ["weights", "'sparse' has no weight"]),
        ({"weights": {"dens": 0.5, "sparse": 0.5}}, ["'dens'", "did you mean 'dense'?"]),
        ({"classes": {"dense": {"kind": "dens"}}}, ["classes.dense", "did you mean 'dense'?"]),
        ({"classes": {"dense": {}}}, ["classes.dense", "kind None does not exist"]),
        (
            {"classes": {"sparse": {"kind": "sparse", "nonzero": 2}}},
            ["classes.sparse", "'nonzero'", "did you mean 'nonzeros'?"],
        ),
        (
            {"classes": {"sparse": {"kind": "sparse", "nonzeros": 0}}},
            ["paper.yaml: classes.sparse.nonzeros: input should be greater than 0"],
        ),
        ({"dims": 1}, ["classes.sparse.nonzeros must be at most dims=1, got 2"]),
        (
            {"classes": {"w": {"kind": "sine"}}, "weights": {"w": 1.0}},
            ["dims must be 1 for the class 'w' of kind sine, got 20"],
        ),
        ({"active_dims": 21}, ["active_dims must be at most dims=20, got 21"]),
        ({"inputs": {"unifrom": [0, 1]}}, ["inputs.unifrom", "did you mean 'uniform'?"]),
        ({"inputs": {"uniform": [1, 0]}}, ["inputs", "uniform must rise"]),
        ({"inputs": {"grid": [0, 1, 1]}}, ["inputs.grid", "greater than or equal to 2"]),
        ({"inputs": {}}, ["inputs", "exactly one of fixed, uniform", "got none"]),
        (
            {"inputs": {"fixed": 1, "normal": [0, 1]}},
            ["inputs", "exactly one of", "got fixed and normal"],
        ),
        ({"noise": -0.1}, ["noise", "greater than or equal to 0"]),
        ({"scale": "gargg"}, ["scale", "did you mean 'garg'?"]),
        ({"batchsize": 3}, ["batchsize", "did you mean 'batch_size'?"]),
    ],
)
def test_faults_of_mixtures_are_named(changes: dict[str, Any], words: list[str]):
    found = message(FunctionMixture, MIXTURE, **changes)
    assert all(word in found for word in ["paper.yaml", *words]), found


def test_networks_on_sets_are_one_dimensional():
    validate(PfnRegression, LINES, "f")
    found = message(PfnRegression, LINES, classes={"d": {"kind": "dense"}}, weights={"d": 1.0})
    assert "classes.d.kind must be line, sine or convex, got dense" in found
    assert "points" in message(PfnRegression, LINES, points=1)


@pytest.mark.parametrize(
    "law",
    [
        {"fixed": 2},
        {"uniform": [1, 5]},
        {"normal": [0, 0.5]},
        {"lognormal": [2.2, 0.5]},
        {"grid": [-1, 1, 101]},
    ],
)
def test_laws_of_classes_are_read_and_survive_a_round_trip(law: dict[str, Any]):
    classes = {"line": {"kind": "line", "slope": law}, "sine": {"kind": "sine", "offset": law}}
    spec = validate(PfnRegression, LINES | {"classes": classes}, "f")
    assert spec.classes["line"].slope == spec.classes["sine"].offset
    assert PfnRegression.model_validate_json(spec.model_dump_json()) == spec


@pytest.mark.parametrize(
    "law", [{"uniform": ["1", 5]}, {"uniform": [1]}, {"grid": [0, 1, 2.5]}, {"normal": [0, -1]}]
)
def test_laws_of_classes_are_strict(law: dict[str, Any]):
    name = next(iter(law))
    classes = {"line": {"kind": "line", "slope": law}}
    found = message(PfnRegression, LINES, classes=classes, weights={"line": 1.0})
    assert f"slope.{name}" in found


def test_a_law_is_exactly_one_form():
    assert Law(fixed=0.0).fixed == 0.0
    with pytest.raises(ValueError, match="got none"):
        Law()

"""Wrong choices are refused when the configuration is read, with the nearest valid one."""

import pytest

from reprise.specs.errors import ConfigError
from reprise.specs.load import Config, load_paper


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("mixtures.task.classes.dense.kind", "dens", ["'dens'", "'dense'"]),
        ("mixtures.task.classes.sparse.nonzeros", 9, ["nonzeros", "at most dims=8", "got 9"]),
        ("mixtures.task.weights.sparse", 0.9, ["weights must sum to 1", "sparse: 0.9"]),
        ("mixtures.task.weights.dens", 0.1, ["weights.dens: no such", "weights.dense'?"]),
        ("mixtures.task.opening.label", "spars", ["opening.label: no class 'spars'", "'sparse'"]),
        ("mixtures.task.classes.sparse.power.end", 0.2, ["begin must be less than end=0.2"]),
        ("curves.model.positions", 20, ["model.positions must be at least 2 * pairs = 42", "20"]),
        ("curves.task.pairs", 0, ["curves.task.pairs", "greater than 0"]),
        ("mixtures.model.heads", 5, ["heads must divide width=64", "nearest: 4"]),
        ("sums_set.task.classes.sine.kind", "relu", ["sine"]),
    ],
)
def test_a_wrong_override_names_field_and_nearest(path, value, words):
    with pytest.raises(ConfigError) as error:
        load_paper("yadlowsky2023", Config(overrides={f"yadlowsky2023.runs.{path}": value}))
    for word in words:
        assert word in str(error.value)

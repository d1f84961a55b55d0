"""Wrong choices are refused when the configuration is read, with the nearest valid one."""

import pytest

from reprise.specs.errors import ConfigError
from reprise.specs.load import Config, load_paper
from reprise.specs.runs import run_spec


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("mesa1.model.initial_lambda", -1.0, ["mesa1.model", "initial_lambda", "greater than 0"]),
        ("lsa2.task.length", 9, ["lsa2.task", "length must be at least the 10", "nearest: 10"]),
        ("lsa2.task.system", "orthogonl", ["lsa2.task", "system", "'orthogonal'"]),
        ("lsa2.task.system", "contracting", ["clip must be set for contracting", "2.0"]),
        ("lsa2.task.teacher_seed", 1, ["teacher_seed belongs to system 'fixed'", "'orthogonal'"]),
        ("partial_softmax.task.observed", 20, ["observed must be at most dims=", "got 20"]),
        ("softmax7.task.tokens", "plane", ["tokens", "'plain'"]),
        ("softmax7.model.layers", ["softmax", "messa"], ["layers", "'mesa'"]),
        ("lsa1.optimizer.clip_value", 0.0, ["optimizer", "clip_value", "greater than 0"]),
        ("hybrid.model.clip", -1.0, ["hybrid.model", "clip", "greater than 0"]),
    ],
)
def test_a_wrong_override_names_field_and_nearest(path, value, words):
    with pytest.raises(ConfigError) as error:
        load_paper("vonoswald2023", Config(overrides={f"vonoswald2023.runs.{path}": value}))
    for word in words:
        assert word in str(error.value)


def test_heads_must_divide_the_width_where_they_share_it():
    prefix = "vonoswald2023.runs.softmax7.model"
    overrides = {f"{prefix}.key_size": None, f"{prefix}.heads": 3}
    with pytest.raises(ConfigError, match=r"heads must divide width=40.*got 3 \(nearest: [24]\)"):
        load_paper("vonoswald2023", Config(overrides=overrides))


def test_a_model_of_vectors_refuses_words():
    run = {
        "task": {"name": "bigram_language", "words": 5, "length": 8, "batch_size": 4},
        "model": {"name": "mesa_transformer", "layers": ["mesa"], "heads": 2, "key_size": 3},
        "optimizer": {"name": "adamw", "learning_rate": 0.1},
        "steps": 1,
        "log_every": 1,
    }
    with pytest.raises(ValueError, match=r"'bigram_language' has words .*'mesa_language_model'"):
        run_spec("vonoswald2023").model_validate(run)

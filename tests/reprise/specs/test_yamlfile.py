"""Strict YAML: what is misread elsewhere is refused with file, line and the right spelling."""

import json
from contextlib import suppress
from pathlib import Path

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reprise.specs.errors import ConfigError
from reprise.specs.load import papers_folder
from reprise.specs.yamlfile import read_yaml

SAME_FOLDER = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def read(folder: Path, text: str | bytes) -> dict:
    path = folder / "file.yaml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_yaml(path)


@pytest.mark.faults
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: {b: 1, b: 2}", ["line 1", "'b' appears twice"]),
        ("a: 1\nb: 2\na: 3\n", ["line 3", "'a' appears twice"]),
        ("flag: yes", ["line 1", "yes is ambiguous"]),
        ("a: 1\nflag: [On, off]", ["line 2", "On is ambiguous"]),
        ("seeds: 010", ["010 is ambiguous"]),
        ("seeds: [-0o17]", ["-0o17 is ambiguous"]),
        ("seeds: 1_000", ["1_000"]),
        ("seeds: 0x10", ["0x10"]),
        ("time: 1:30", ["1:30"]),
        ("1: a", ["key 1 is not text"]),
        ("yes: a", ["yes is ambiguous"]),
        ("day: !!timestamp 2024-05-01", ["neither text, number nor list"]),
        ("rate: !!float .nan", ["neither text, number nor list"]),
        ("rate: .nan", [".nan is ambiguous"]),
        ("rate: -.inf", ["-.inf is ambiguous"]),
        ("- 1\n- 2", ["must hold a mapping, found list"]),
        ("", ["must hold a mapping, found NoneType"]),
        ("a: 1\n---\nb: 2", ["not valid YAML"]),
        ("a: [1", ["not valid YAML", "line"]),
        ("a: !!python/object/apply:os.system [true]", ["not valid YAML"]),
        ("a: &x [*x]", ["not valid YAML", "recursive"]),
        ("a: " + "[" * 1500, ["not valid YAML"]),
        ("a: " + "{a: " * 100_000, ["not valid YAML"]),
        ("a:\n" + "- " * 100_000, ["not valid YAML"]),
        ("a: \x07", ["not valid YAML"]),
        (b"a: \xff\xfe", ["cannot be read", "UTF-8"]),
        ("a: " + "9" * 5000, ["neither text, number nor list"]),
    ],
)
def test_refuses_and_says_where(tmp_path: Path, text: str | bytes, words: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    for word in [str(tmp_path / "file.yaml"), *words]:
        assert word in str(caught.value)


@pytest.mark.parametrize("number", ["1e-3", "2E5", "1.0e-3", "-2.0E+5", ".5", "0.001", "0.0", "3."])
def test_every_usual_spelling_of_a_number_is_one(tmp_path: Path, number: str) -> None:
    assert read(tmp_path, f"rate: {number}") == {"rate": float(number)}


@pytest.mark.parametrize("text", ["n", "2024-05-01", "1.2.3", "v1_0", "None", "<<", "=", "nan"])
def test_what_only_looks_special_is_text(tmp_path: Path, text: str) -> None:
    assert read(tmp_path, f"a: {text}") == {"a": text}


def test_reads_plain_values_as_written(tmp_path: Path) -> None:
    text = "a: 1\nb: -2.5\nc: true\nd: null\ne: text\nf: '1e-3'\ng: [1, {h: 'yes'}]\n"
    expected = {
        "a": 1,
        "b": -2.5,
        "c": True,
        "d": None,
        "e": "text",
        "f": "1e-3",
        "g": [1, {"h": "yes"}],
    }
    assert read(tmp_path, text) == expected


@pytest.mark.parametrize("name", ["paper.yaml", "claims.yaml"])
def test_a_paper_is_read_as_the_safe_loader_reads_it(name: str) -> None:
    path = papers_folder() / "yadlowsky2023" / name
    assert read_yaml(path) == yaml.safe_load(path.read_text(encoding="utf-8"))


def test_an_absent_file_is_an_error_of_the_user(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.yaml: cannot be read: No such file"):
        read_yaml(tmp_path / "absent.yaml")


plain_text = st.text(st.characters(max_codepoint=0xD7FF, exclude_characters="\x7f"))
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | plain_text,
    lambda inner: st.lists(inner) | st.dictionaries(plain_text, inner),
    max_leaves=10,
)


@SAME_FOLDER
@given(value=st.dictionaries(plain_text, json_values))
def test_json_is_read_back(tmp_path: Path, value: dict) -> None:
    """A quoted text is never guessed at, whatever it looks like."""
    assert read(tmp_path, json.dumps(value)) == value


@SAME_FOLDER
@given(text=st.text() | st.binary() | json_values.map(json.dumps))
def test_any_text_is_a_mapping_or_a_config_error(tmp_path: Path, text: str | bytes) -> None:
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    with suppress(ConfigError):
        json.dumps(read(tmp_path, data), allow_nan=False)

"""Whatever stands in a text: a value, or the one error that its reader is known for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from small_paper import CLAIMS, PAPER
from small_world import World
from workspace import ROOT

from reprise.records.record import UnreadableRecord, read_record
from reprise.records.state import own_state
from reprise.records.tree import Tree
from reprise.specs import load
from reprise.specs.errors import ConfigError
from reprise.specs.load import Config, load_claims, load_config, load_paper
from reprise.specs.paper import SCALES

pytestmark = pytest.mark.faults

T = TypeVar("T")
TOKENS = [
    *"null {} [] 1e3 -1 1.0e+400 .nan .inf 0x10 1_0 yes *a 2026-01-01 ' \" % { ] é \ufeff".split(),
    *["- ", ": ", "&a ", "<<: ", "? ", "| ", "#", "\t", "\x85", "\x00", "\n", "  ", "\n---\n"],
    *["!!python/name:os.system ", "!!binary YQ=="],
]


def many(examples: int) -> Any:
    return settings(
        max_examples=examples, suppress_health_check=[HealthCheck.function_scoped_fixture]
    )


def value_or(error: type[Exception], name: str, read: Callable[[], T]) -> T | None:
    """What ``read`` gives; None where it raises ``error``, which has to name the file."""
    try:
        return read()
    except error as refused:
        message = str(refused)
    assert name in message
    return None


@st.composite
def edited(draw: st.DrawFn, text: str) -> str:
    """``text`` with some pieces cut out, repeated, or replaced by what YAML gives a meaning."""
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = min(len(text), start + draw(st.integers(0, 12)))
        piece = draw(st.sampled_from([*TOKENS, text[start:end] * 2]) | st.text(max_size=6))
        text = text[:start] + piece + text[end:]
    return text


def write(path: Path, text: str) -> None:
    path.write_bytes(text.encode("utf-8", "surrogatepass"))


@many(200)
@given(text=edited((ROOT / "config.yaml").read_text()) | edited("scale: cpu\nseeds: 3\n"))
@example("overrides: &a {pearce2023.x: *a}")
@example("papers: [[[]]]")
def test_any_config_is_a_config_or_a_config_error(tmp_path: Path, text: str) -> None:
    write(tmp_path / "config.yaml", text)
    found = value_or(ConfigError, "config.yaml", lambda: load_config(tmp_path / "config.yaml"))
    assert found is None or found.scale in SCALES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the only paper."""
    monkeypatch.setattr(load, "papers_folder", lambda: tmp_path)
    (tmp_path / "small2024").mkdir()
    return tmp_path / "small2024"


@many(150)
@given(text=edited(yaml.safe_dump(PAPER)), scale=st.sampled_from(["smoke", "cpu"]))
def test_any_paper_is_a_paper_or_a_config_error(folder: Path, text: str, scale: Any) -> None:
    write(folder / "paper.yaml", text)
    config = Config(scale=scale)
    found = value_or(ConfigError, "paper.yaml", lambda: load_paper("small2024", config))
    assert found is None or found.key == "small2024"


@many(100)
@given(text=edited(yaml.safe_dump(CLAIMS)))
def test_any_claims_are_claims_or_a_config_error(folder: Path, text: str) -> None:
    write(folder / "paper.yaml", yaml.safe_dump(PAPER))
    write(folder / "claims.yaml", text)
    found = value_or(
        ConfigError, "claims.yaml", lambda: load_claims(load_paper("small2024", Config()))
    )
    assert found is None or isinstance(found.claims, dict)


NESTED = b"[" * 100_000


@many(100)
@given(data=st.data())
def test_any_record_is_a_record_or_unreadable(world: World, data: st.DataObject) -> None:
    path, node = world.record("table"), world.node("table")
    good = path.read_bytes()
    text = edited(good.decode()).map(lambda text: text.encode("utf-8", "surrogatepass"))
    path.write_bytes(data.draw(text | st.binary() | st.just(NESTED)))
    try:
        own_state(node, Tree.own(world.root, "cpu"))
        found = value_or(UnreadableRecord, str(path), lambda: read_record(path))
    finally:
        path.write_bytes(good)
    assert found is None or isinstance(found.outputs, dict)

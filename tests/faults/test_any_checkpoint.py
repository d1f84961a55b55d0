"""Whatever lies under the name of a checkpoint: arrays, or the one error that says it is none."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reprise.storage.tensors import DamagedFile, encode, read_tensors
from reprise.training.resume import ResumeStore

pytestmark = pytest.mark.faults

THOROUGH = settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
GOOD = encode({"w": np.arange(6.0).reshape(2, 3)}, {"fingerprint": "a" * 64, "position": 3})
LENGTH = int.from_bytes(GOOD[:8], "little")
HEADER = json.loads(GOOD[8 : 8 + LENGTH])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=6,
)


def with_header(header: bytes) -> bytes:
    return len(header).to_bytes(8, "little") + header + GOOD[8 + LENGTH :]


def ours(value: Any) -> dict[str, Any]:
    return {**HEADER, "__metadata__": {"reprise": value}}


headers = st.one_of(
    json_values,
    st.fixed_dictionaries({"__metadata__": json_values, "w": json_values}),
    st.builds(lambda v: {**HEADER, "w": {**HEADER["w"], **v}}, st.fixed_dictionaries({}, optional={
        "dtype": st.sampled_from(["F8_E4M3", "BF16", "F64", "I4", "", None]),
        "shape": st.lists(st.integers(-1, 2**63), max_size=3),
        "data_offsets": st.lists(st.integers(-1, 2**63), min_size=1, max_size=3),
    })),
    st.builds(ours, json_values.map(json.dumps) | st.text()),
).map(lambda value: with_header(json.dumps(value).encode()))  # fmt: skip
contents = (
    headers
    | st.binary(max_size=200)
    | st.builds(lambda i, b: GOOD[:i] + b + GOOD[i + 1 :], st.integers(0, len(GOOD)), st.binary())
    | st.builds(lambda n, tail: n.to_bytes(8, "little") + tail, st.integers(0, 2**63), st.binary())
)


def stored(folder: Path, content: bytes) -> Path:
    """A file whose name holds the right digest: only the content itself can be refused."""
    folder.mkdir(exist_ok=True)
    for path in folder.iterdir():
        path.unlink()
    path = folder / f"{3:012d}-{hashlib.sha256(content).hexdigest()}.safetensors"
    path.write_bytes(content)
    return path


@THOROUGH
@given(content=contents)
@example(GOOD)
def test_any_checkpoint_is_arrays_or_a_damaged_file(tmp_path: Path, content: bytes) -> None:
    path = stored(tmp_path / "states", content)
    try:
        arrays, _ = read_tensors(path, path.stem.partition("-")[2])
    except DamagedFile:
        return
    assert all(isinstance(array, np.ndarray) for array in arrays.values())


@THOROUGH
@given(content=contents)
@example(with_header(json.dumps(ours("5")).encode()))
@example(with_header(json.dumps(ours("[" * 100_000)).encode()))
def test_any_resume_state_is_used_or_refused(tmp_path: Path, content: bytes) -> None:
    path = stored(tmp_path / "states", content)
    found = ResumeStore(path.parent, "a" * 64).newest()
    assert found is None or found[0] == 3


def test_a_header_nested_too_deeply_is_a_damaged_file(tmp_path: Path) -> None:
    path = stored(tmp_path / "states", with_header(json.dumps(ours("[" * 100_000)).encode()))
    with pytest.raises(DamagedFile):
        read_tensors(path, path.stem.partition("-")[2])


def test_a_state_larger_than_any_memory_is_refused(tmp_path: Path) -> None:
    path = stored(tmp_path / "states", GOOD)
    with path.open("r+b") as file:
        file.truncate(2**43)
    assert ResumeStore(path.parent, "a" * 64).newest() is None

"""Every damage to a stored array is refused; nothing that is read is executed."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from reprise.storage.atomic import sha256, write_bytes
from reprise.storage.tensors import DamagedFile, digest, encode, read_tensors

ARRAYS = {"w": np.arange(6, dtype=np.float32).reshape(2, 3), "step": np.array([7])}
HEADER = {"node": "demo/run/00", "updates": 7}


@pytest.fixture
def stored(tmp_path: Path) -> tuple[Path, str]:
    path = tmp_path / "state.safetensors"
    write_bytes(path, encode(ARRAYS, HEADER))
    return path, sha256(path)


def test_reads_back_arrays_and_header(stored: tuple[Path, str]) -> None:
    found, header = read_tensors(*stored)
    assert header == HEADER
    assert set(found) == set(ARRAYS)
    for name, array in ARRAYS.items():
        assert found[name].dtype == array.dtype
        np.testing.assert_array_equal(found[name], array)


@given(
    array=arrays(
        st.sampled_from([np.float32, np.float64, np.int32, np.int64, np.uint8, np.bool_]),
        array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3),
    )
)
def test_bytes_depend_on_content_only(array: np.ndarray) -> None:
    """Also on a transposed view, and on no order of names."""
    reference = encode({"a": array, "b": array}, {"x": 1, "y": 2})
    assert encode({"b": array.copy(), "a": array}, {"y": 2, "x": 1}) == reference
    assert encode({"a": array.T.copy().T, "b": array}, {"x": 1, "y": 2}) == reference


def test_arrays_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    names = [f"{first}{second}" for first in "zyxa" for second in "fedcb"]
    path = tmp_path / "x.safetensors"
    write_bytes(path, encode({name: np.zeros(1) for name in names}, {}))
    assert list(read_tensors(path, sha256(path))[0]) == sorted(names)


@pytest.mark.faults
def test_any_flipped_byte_is_refused(stored: tuple[Path, str]) -> None:
    path, digest = stored
    good = path.read_bytes()
    for position in range(len(good)):
        bad = bytearray(good)
        bad[position] ^= 1
        path.write_bytes(bytes(bad))
        with pytest.raises(DamagedFile, match="sha256"):
            read_tensors(path, digest)


@pytest.mark.parametrize("kept", [0, 1, 8, 50, -1])
def test_a_truncated_file_is_refused(stored: tuple[Path, str], kept: int) -> None:
    path, digest = stored
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(DamagedFile):
        read_tensors(path, digest)


PICKLE = b"cposix\nsystem\n(S'touch executed'\ntR."
"""Unpickling this makes a file called executed."""


class Bomb:
    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (Path.touch, (Path("executed"),))


def not_ours(kind: str, path: Path) -> None:
    """Write something else under the name of a state."""
    if kind == "pickle":
        path.write_bytes(PICKLE)
    elif kind == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("data.pkl", PICKLE)
    elif kind == "npy":
        np.save(path.with_suffix(".npy"), np.array([Bomb()], object), allow_pickle=True)
        path.with_suffix(".npy").rename(path)
    elif kind == "no header":
        from safetensors.numpy import save

        path.write_bytes(save({"w": np.zeros(2)}))
    elif kind == "header of another shape":
        head = json.dumps({"__metadata__": {"reprise": "[1"}}).encode()
        path.write_bytes(len(head).to_bytes(8, "little") + head)
    elif kind == "endless header":
        path.write_bytes((2**62).to_bytes(8, "little") + b"{}")


@pytest.mark.faults
@pytest.mark.parametrize(
    "kind", ["pickle", "zip", "npy", "no header", "header of another shape", "endless header"]
)
@pytest.mark.parametrize("digest_matches", [True, False])
def test_a_foreign_file_is_refused_unexecuted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, digest_matches: bool
) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "state.safetensors"
    not_ours(kind, path)
    with pytest.raises(DamagedFile):
        read_tensors(path, sha256(path) if digest_matches else "0" * 64)
    assert not (tmp_path / "executed").exists()


def test_the_digest_is_of_names_types_shapes_and_values() -> None:
    backwards = dict(reversed(ARRAYS.items()))
    same = digest(ARRAYS)
    assert digest(backwards) == same
    others = (
        {**ARRAYS, "step": np.array([8])},
        {**ARRAYS, "step": np.array([7], np.int32)},
        {**ARRAYS, "step": np.array([[7]])},
        {"v": ARRAYS["w"], "step": ARRAYS["step"]},
    )
    assert len({same, *map(digest, others)}) == 5

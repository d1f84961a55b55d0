"""Arrays, pictures and other bytes."""

import io
from collections.abc import Callable

import matplotlib.image
import numpy as np
import pytest

from reprise.provenance.comparison import Tolerance
from reprise.provenance.contents import compare
from reprise.storage.tensors import encode

WEIGHTS = {"w": np.array([[1.0, 2.0], [np.nan, 4.0]], np.float32), "n": np.array([2**53, 7])}
SVG = (
    b'<svg id="figure_1"><defs><path id="mabc12" d="M 0 1.5"/></defs>'
    b'<use href="#mabc12" x="10.25" style="fill: #1f77b4"/><text>0.5</text></svg>'
)


def tensors(**arrays: np.ndarray) -> bytes:
    return encode({**WEIGHTS, **arrays}, {})


def png(picture: np.ndarray) -> bytes:
    file = io.BytesIO()
    matplotlib.image.imsave(file, picture, format="png")
    return file.getvalue()


def test_arrays_within_the_tolerance_are_equal() -> None:
    near = WEIGHTS["w"] * np.float32(1 + 2e-7)
    found = compare("params.safetensors", tensors(), tensors(w=near), Tolerance())
    assert found.status == "equal"
    assert found.columns == ("w",)
    assert 0 < (found.largest_relative or 0) < 1e-6


@pytest.mark.parametrize(
    ("arrays", "part"),
    [
        ({"w": WEIGHTS["w"] + 1}, ""),
        ({"w": WEIGHTS["w"].astype(np.float64)}, "array w: float32 [2, 2] became float64 [2, 2]"),
        ({"w": WEIGHTS["w"][:1]}, "array w: float32 [2, 2] became float32 [1, 2]"),
        ({"v": np.zeros(1)}, "array v is new"),
    ],
)
def test_other_arrays_differ(arrays: dict[str, np.ndarray], part: str) -> None:
    found = compare("params.safetensors", tensors(), tensors(**arrays), Tolerance())
    assert found.status == "differs"
    assert part in " ".join(found.notes)


def test_integers_are_exact_where_float64_is_not() -> None:
    other = tensors(n=np.array([2**53 + 1, 7]))
    found = compare("params.safetensors", tensors(), other, Tolerance.of(0.0))
    assert (found.status, found.cells, found.columns) == ("differs", 1, ("n",))


@pytest.mark.parametrize("data", [b"", b"\x80\x04pickle", b"\xff" * 64])
def test_what_holds_no_arrays_is_refused(data: bytes) -> None:
    found = compare("params.safetensors", tensors(), data, Tolerance())
    assert found.status == "differs"
    assert "not arrays of ours" in found.notes[0]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda svg: svg.replace(b"10.25", b"10.254"), "equal"),
        (lambda svg: svg.replace(b"10.25", b"10.35"), "differs"),
        (lambda svg: svg.replace(b"mabc12", b"m99fe"), "equal"),
        (lambda svg: svg.replace(b"#mabc12", b"#m99fe"), "differs"),
        (lambda svg: svg.replace(b">0.5<", b">0.6<"), "differs"),
        (lambda svg: svg.replace(b"#1f77b4", b"#1f77b5"), "differs"),
        (lambda svg: svg.replace(b"</svg>", b"<text>me</text></svg>"), "differs"),
        (lambda svg: b"\xff\xfe", "differs"),
    ],
)
def test_drawings_are_equal_up_to_rounding(change: Callable[[bytes], bytes], status: str) -> None:
    assert compare("F1.svg", SVG, change(SVG), Tolerance()).status == status


def test_pictures_are_equal_up_to_shades_of_smoothed_edges() -> None:
    picture = np.full((10, 10, 4), 200, np.uint8)
    near, far = picture.copy(), picture.copy()
    near[0, 0, 0] += 3
    far[0, 0, 0] += 30
    assert compare("F1.png", png(picture), png(near), Tolerance()).status == "equal"
    found = compare("F1.png", png(picture), png(far), Tolerance())
    assert found.status == "differs"
    assert found.notes == ("1 % of the pixels differ, by up to 30 of 255 shades",)
    assert compare("F1.png", png(picture), png(picture[:5]), Tolerance()).status == "differs"
    assert compare("F1.png", png(picture), b"no picture", Tolerance()).status == "differs"


def test_other_files_are_compared_byte_by_byte() -> None:
    assert compare("x.txt", b"a", b"a", Tolerance()).status == "identical"
    assert compare("x.txt", b"a", b"b", Tolerance()).status == "differs"

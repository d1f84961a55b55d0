"""Differences of two contents: distances, tables, arrays, pictures, verdicts, other bytes."""

import base64
import io
import math
from collections.abc import Callable

import matplotlib.image
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprise.audit.compare import compare_outputs, verdict_pairs, with_order_settled
from reprise.audit.diff import (
    Cell,
    Difference,
    Status,
    Tolerance,
    compare_contents,
    magnitudes,
    within,
    worst,
)
from reprise.specs.errors import ConfigError
from reprise.storage.tensors import encode

ANY = st.floats(allow_nan=True, allow_infinity=True)


@given(ANY, ANY, st.sampled_from([0.0, 1e-9, 1e-6, 0.1]))
def test_equal_within_the_tolerance_is_what_isclose_says(x: float, y: float, rel: float) -> None:
    tolerance = Tolerance(rel, rel / 1000)
    found = bool(within(*magnitudes(np.array([x]), np.array([y])), tolerance)[0])
    both_nan = math.isnan(x) and math.isnan(y)
    expected = both_nan or math.isclose(x, y, rel_tol=rel, abs_tol=rel / 1000)
    if math.isfinite(x) and math.isfinite(y) and x != y:
        # The last bit of a quotient may fall on the other side than that of a product.
        edge = abs(abs(x - y) - rel * max(abs(x), abs(y))) <= 1e-12 * abs(x - y)
        assert found == expected or edge or math.isinf(abs(x - y))
    else:
        assert found == expected


def test_one_number_sets_both_tolerances_and_zero_is_exact() -> None:
    assert Tolerance.of(None) == Tolerance(1e-6, 1e-9) == Tolerance.of(1e-6)
    exact = Tolerance.of(0.0)
    near = np.array([1.0]), np.array([np.nextafter(1.0, 2.0)])
    assert not within(*magnitudes(*near), exact)[0]
    assert within(*magnitudes(near[0], near[0]), exact)[0]


@pytest.mark.parametrize("wrong", [-1e-9, math.nan, math.inf])
def test_a_tolerance_that_is_none_is_an_error_of_the_user(wrong: float) -> None:
    with pytest.raises(ConfigError, match="--tolerance"):
        Tolerance.of(wrong)


def test_differs_is_worse_than_not_comparable_is_worse_than_equal() -> None:
    assert worst(reversed(Status)) is Status.DIFFERS
    assert worst([Status.EQUAL, Status.NOT_COMPARABLE]) is Status.NOT_COMPARABLE
    assert worst([Status.IDENTICAL, Status.EQUAL]) is Status.EQUAL
    assert worst([]) is Status.IDENTICAL


TABLE = b"name,step,loss\na,1,0.5\nb,2,0.25\nc,3,\n"


def tables(before: bytes, after: bytes, tolerance: Tolerance | None = None) -> Difference:
    return compare_contents("x.csv", before, after, tolerance or Tolerance())


def changed(old: bytes, new: bytes) -> Difference:
    assert old in TABLE
    return tables(TABLE, TABLE.replace(old, new))


def test_the_same_bytes_are_identical() -> None:
    assert tables(TABLE, TABLE) == Difference(Status.IDENTICAL)


def test_a_number_beyond_the_tolerance_is_named_with_row_column_and_distance() -> None:
    found = changed(b"0.25", b"0.26")
    assert found.status == "differs"
    assert (found.cells, found.rows, found.columns) == (1, 1, ("loss",))
    assert found.largest_absolute == pytest.approx(0.01)
    assert found.largest_relative == pytest.approx(0.01 / 0.26)
    assert found.places == (Cell(2, "loss", "0.25", "0.26"),)
    assert found.text == "1 cells, 1 rows in loss; largest difference 0.01 (relative 0.0385)"


def test_numbers_within_the_tolerance_are_equal_and_their_distance_is_said() -> None:
    found = changed(b"0.25", b"0.2500000001")
    assert found.status == "equal"
    assert found.cells == 1
    assert found.largest_absolute == pytest.approx(1e-10)
    other = TABLE.replace(b"0.25", b"0.2500000001")
    assert tables(TABLE, other, Tolerance(0, 0)).status == "differs"


@pytest.mark.parametrize(
    ("old", "new", "status", "note"),
    [
        (b"c,3,", b"c,3,nan", "equal", None),
        (b"c,3,", b"c,3,0.1", "differs", "1 cell not finite on one side"),
        (b"0.25", b"inf", "differs", "1 cell not finite on one side"),
        (b"0.25", b"about a quarter", "differs", "1 cell of text"),
        (b"0.25", b"0_25", "differs", "1 cell of text"),
        (b"b,2", b"x,2", "differs", "1 cell of text"),
        (b"b,2", b"b,2.0", "equal", None),
        (b"c,3,\n", b"", "differs", "3 rows became 2"),
        (b"c,3,\n", b"c,3,\nd,4,1\n", "differs", "3 rows became 4"),
        (b"step", b"epoch", "differs", "column step is gone"),
        (b"name,step,loss", b"step,name,loss", "differs", "column order changed"),
        (b"\n", b"\r\n", "equal", "the same values, written differently"),
        (b"name", b"\xff", "differs", "not a table"),
    ],
)
def test_every_kind_of_change(old: bytes, new: bytes, status: str, note: str | None) -> None:
    found = changed(old, new)
    assert found.status == status
    assert note is None or any(text.startswith(note) for text in found.notes)


def test_the_largest_difference_is_over_what_is_finite() -> None:
    found = tables(b"x,y\n1,2\n3,4\nnan,t\n", b"x,y\n2,inf\nnan,4\n1,u\n")
    assert (found.cells, found.largest_absolute, found.largest_relative) == (5, 1.0, 0.5)
    assert tables(b"x\n1\n", b"x\ninf\n").largest_absolute is None


def test_a_column_may_have_a_tolerance_of_its_own() -> None:
    other = TABLE.replace(b"0.25", b"0.26")
    loose = {"loss": 0.1, "unknown": 1.0}
    assert compare_contents("x.csv", TABLE, other, Tolerance(), loose).status == "equal"
    far = other.replace(b"b,2", b"b,2.1")
    found = compare_contents("x.csv", TABLE, far, Tolerance(), loose)
    assert (found.status, found.columns) == ("differs", ("step",))


def test_a_shorter_table_is_compared_as_far_as_it_goes() -> None:
    found = tables(TABLE, b"name,step,loss\na,1,0.75\n")
    assert "3 rows became 1" in found.notes
    assert found.places == (Cell(1, "loss", "0.5", "0.75"),)


def test_the_farthest_cells_are_shown_and_all_are_counted() -> None:
    before = b"x\n" + b"".join(b"%d\n" % n for n in range(1, 101))
    after = b"x\n" + b"".join(b"%d\n" % (n + n * n) for n in range(1, 101))
    found = tables(before, after)
    assert (found.cells, found.rows) == (100, 100)
    assert found.largest_absolute == 10_000
    assert [cell.row for cell in found.places] == [100, 99, 98, 97, 96]


def test_empty_tables_are_compared_too() -> None:
    assert tables(b"", b"x\n1\n").status == "differs"
    assert tables(b"x\n", b'"x"\n').status == "equal"


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
    found = compare_contents("params.safetensors", tensors(), tensors(w=near), Tolerance())
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
    found = compare_contents("params.safetensors", tensors(), tensors(**arrays), Tolerance())
    assert found.status == "differs"
    assert part in " ".join(found.notes)


def test_integers_are_exact_where_float64_is_not() -> None:
    other = tensors(n=np.array([2**53 + 1, 7]))
    found = compare_contents("params.safetensors", tensors(), other, Tolerance.of(0.0))
    assert (found.status, found.cells, found.columns) == ("differs", 1, ("n",))


@pytest.mark.parametrize("data", [b"", b"\x80\x04pickle", b"\xff" * 64])
def test_what_holds_no_arrays_is_refused(data: bytes) -> None:
    found = compare_contents("params.safetensors", tensors(), data, Tolerance())
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
        (lambda svg: svg.replace(b"#1f77b4", b"#1f78b4"), "differs"),
        (lambda svg: svg.replace(b"#1f77b4", b"#3e3469"), "differs"),
        (lambda svg: svg.replace(b"</svg>", b"<text>me</text></svg>"), "differs"),
        (lambda svg: b"\xff\xfe", "differs"),
    ],
)
def test_drawings_are_equal_up_to_rounding(change: Callable[[bytes], bytes], status: str) -> None:
    assert compare_contents("F1.svg", SVG, change(SVG), Tolerance()).status == status


def test_pictures_are_equal_up_to_shades_of_smoothed_edges() -> None:
    picture = np.full((10, 10, 4), 200, np.uint8)
    near, far = picture.copy(), picture.copy()
    near[0, 0, 0] += 3
    far[0, 0, 0] += 30
    assert compare_contents("F1.png", png(picture), png(near), Tolerance()).status == "equal"
    found = compare_contents("F1.png", png(picture), png(far), Tolerance())
    assert found.status == "differs"
    assert found.notes == ("1 % of the pixels differ, by up to 30 of 255 shades",)
    assert (
        compare_contents("F1.png", png(picture), png(picture[:5]), Tolerance()).status == "differs"
    )
    assert compare_contents("F1.png", png(picture), b"no picture", Tolerance()).status == "differs"


def embedding(picture: bytes, note: str = "0.5") -> bytes:
    data = base64.b64encode(picture).decode()
    image = f'<image href="data:image/png;base64,\n{data}" x="7"/><text>{note}</text>'
    return f"<svg>{image}</svg>".encode()


def test_pictures_within_a_drawing_are_compared_as_pictures() -> None:
    """As matplotlib draws a heat map; its base64 holds 1E6782 and the like: no numbers."""
    picture = np.full((40, 10, 4), 200, np.uint8)
    near, far = picture.copy(), picture.copy()
    near[0, 0, 0] += 3
    far[0, 0, 0] += 30
    one, other, third = (embedding(png(array)) for array in (picture, near, far))
    assert compare_contents("F1.svg", one, other, Tolerance()).status == "equal"
    found = compare_contents("F1.svg", one, third, Tolerance())
    assert found.status == "differs"
    assert found.notes[-1] == "0.25 % of the pixels differ, by up to 30 of 255 shades"
    for broken in (embedding(b"no picture"), one.replace(b"iVBOR", b"iVBO"), b"<svg/>"):
        assert compare_contents("F1.svg", one, broken, Tolerance()).status == "differs"


PIECES = [f"M {x} 1.5 \nL {x + 2} {x} \nz\n" for x in (10, 20, 30)]


def contours(pieces: list[str], text: str = "0.5") -> bytes:
    marks = "".join(f'<use href="#m1" x="{x}"/>' for x in (7, 8))
    return f'<svg><path d="{"".join(pieces)}"/>{marks}<text>{text}</text></svg>'.encode()


def figure(drawing: bytes, picture: np.ndarray) -> Status:
    """Status of a drawing beside a picture, compared with contours beside a grey one."""
    grey = np.full((10, 10, 4), 200, np.uint8)
    pairs = {"F1.svg": (contours(PIECES), drawing), "F1.png": (png(grey), png(picture))}
    files = {name: compare_contents(name, *pair, Tolerance()) for name, pair in pairs.items()}
    return with_order_settled(files)["F1.svg"].status


def test_the_order_of_shapes_does_not_count_where_the_pictures_agree() -> None:
    """As another processor draws: contour pieces in another order, five pixels by one shade."""
    grey = np.full((10, 10, 4), 200, np.uint8)
    near, far = grey.copy(), grey.copy()
    near[0, :5, 0] += 1
    far[0, 0] = 0
    turned = contours(PIECES[::-1])
    assert figure(turned, near) is figure(turned.replace(b"20 1.5", b"20.004 1.5"), grey)
    assert figure(turned, near) is Status.EQUAL
    assert figure(turned, far) is Status.DIFFERS
    others = (
        contours([*PIECES[:2], "M 31 1.5 \nL 33 31 \nz\n"]),
        contours([*PIECES[1:], PIECES[1]]),
        contours(PIECES[::-1], "0.6"),
    )
    for other in others:
        assert figure(other, grey) is Status.DIFFERS


def test_a_drawing_with_numbers_beyond_all_bounds_is_compared_without_a_warning() -> None:
    wild = embedding(b"", "9e999")
    same = compare_contents("F1.svg", wild, wild.replace(b'x="7"', b'x="7.001"'), Tolerance())
    assert same.status == "equal"
    found = compare_contents("F1.svg", wild, embedding(b"", "1"), Tolerance())
    assert found.status == "differs"


def test_other_files_are_compared_byte_by_byte() -> None:
    assert compare_contents("x.txt", b"a", b"a", Tolerance()).status == "identical"
    assert compare_contents("x.txt", b"a", b"b", Tolerance()).status == "differs"


def test_a_file_that_a_side_lacks_is_compared_by_its_recorded_digest() -> None:
    def statuses(*digests: str | None) -> tuple[Status, bool]:
        found = compare_outputs("x", (b"x", None), (digests[0], digests[1]), Tolerance())
        return found.status, found.by_digest

    assert statuses("1", "1") == (Status.IDENTICAL, True)
    assert statuses("1", "2") == statuses("1", None) == (Status.DIFFERS, True)


def test_pages_show_times_and_are_not_compared() -> None:
    found = compare_outputs("report.html", (b"1 s", b"2 s"), ("1", "2"), Tolerance())
    assert (found.status, found.by_digest) == (Status.IDENTICAL, False)
    assert "not compared" in found.text


HEAD = b"paper,claim,statement,statistic,threshold,verdict\n"


def test_verdicts_are_paired_by_claim_and_only_two_judgements_make_a_flip() -> None:
    before = HEAD + b"demo,a,A.,0.95,1,reproduced\ndemo,b,B.,2,1,reproduced\n"
    after = HEAD + b"demo,c,C.,3,1,reproduced\ndemo,a,A.,0.8512345678,1,partly\n"
    a, b, c = verdict_pairs(before, after)
    assert [pair.flipped for pair in (a, b, c)] == [True, False, False]
    assert a.text == "a: reproduced -> partly (0.95 -> 0.851235)"
    assert b.text == "b: reproduced -> absent (2 -> –)"
    assert (c.before, c.after, c.statement) == (None, "reproduced", "C.")
    assert verdict_pairs(None, None) == ()


@pytest.mark.parametrize("data", [b"\xff", b"x\n1\n"])
def test_what_are_no_verdicts_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="not a table of verdicts"):
        verdict_pairs(HEAD, data)

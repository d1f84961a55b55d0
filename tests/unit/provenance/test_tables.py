"""Two CSVs: which cells are apart, and how far."""

import pytest

from reprise.provenance.comparison import Cell, Difference, Tolerance
from reprise.provenance.tables import compare_tables

TABLE = b"name,step,loss\na,1,0.5\nb,2,0.25\nc,3,\n"


def changed(old: bytes, new: bytes) -> Difference:
    assert old in TABLE
    return compare_tables(TABLE, TABLE.replace(old, new), Tolerance())


def test_the_same_bytes_are_identical() -> None:
    assert compare_tables(TABLE, TABLE, Tolerance()) == Difference("identical")


def test_a_number_beyond_the_tolerance_is_named_with_row_column_and_distance() -> None:
    found = changed(b"0.25", b"0.26")
    assert found.status == "differs"
    assert (found.cells, found.rows, found.columns) == (1, 1, ("loss",))
    assert found.largest_absolute == pytest.approx(0.01)
    assert found.largest_relative == pytest.approx(0.01 / 0.26)
    assert found.places == (Cell(2, "loss", "0.25", "0.26"),)


def test_numbers_within_the_tolerance_are_equal_and_their_distance_is_said() -> None:
    found = changed(b"0.25", b"0.2500000001")
    assert found.status == "equal"
    assert found.cells == 1
    assert found.largest_absolute == pytest.approx(1e-10)
    assert compare_tables(
        TABLE, TABLE.replace(b"0.25", b"0.2500000001"), Tolerance(0, 0)
    ).status == ("differs")


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
        (b"\n", b"\r\n", "equal", "the same cells, written differently"),
        (b"name", b"\xff", "differs", "not a table"),
    ],
)
def test_every_kind_of_change(old: bytes, new: bytes, status: str, note: str | None) -> None:
    found = changed(old, new)
    assert found.status == status
    assert note is None or any(text.startswith(note) for text in found.notes)


def test_a_shorter_table_is_compared_as_far_as_it_goes() -> None:
    found = compare_tables(TABLE, b"name,step,loss\na,1,0.75\n", Tolerance())
    assert "3 rows became 1" in found.notes
    assert found.places == (Cell(1, "loss", "0.5", "0.75"),)


def test_the_farthest_cells_are_shown_and_all_are_counted() -> None:
    before = b"x\n" + b"".join(b"%d\n" % n for n in range(1, 101))
    after = b"x\n" + b"".join(b"%d\n" % (n + n * n) for n in range(1, 101))
    found = compare_tables(before, after, Tolerance())
    assert (found.cells, found.rows) == (100, 100)
    assert found.largest_absolute == 10_000
    assert [cell.row for cell in found.places] == [100, 99, 98, 97, 96]


def test_empty_tables_are_compared_too() -> None:
    assert compare_tables(b"", b"x\n1\n", Tolerance()).status == "differs"
    assert compare_tables(b"x\n", b"x\n", Tolerance()).status == "identical"

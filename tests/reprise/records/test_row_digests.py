"""Where a table was altered, against edits of which we know where they are."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reprise.records.record import altered_places, row_digests

TABLE = b"step,loss,note\n" + b"".join(b"%d,%d.5,n%d\n" % (i, 2 * i, i) for i in range(50))


def edited(*edits: tuple[bytes, bytes]) -> bytes:
    data = TABLE
    for old, new in edits:
        assert data.count(old) == 1
        data = data.replace(old, new)
    return data


def test_the_order_of_columns_outlives_the_record() -> None:
    """Whose JSON has its keys sorted."""
    recorded = json.loads(json.dumps(row_digests(TABLE), sort_keys=True))
    assert altered_places(edited((b"\n7,14.5", b"\n7,14.6")), recorded) == (
        "row 8 altered, column loss",
    )


def test_an_unchanged_table_has_no_place() -> None:
    assert altered_places(TABLE, row_digests(TABLE)) == ()


@pytest.mark.faults
@pytest.mark.parametrize(
    ("data", "places"),
    [
        (edited((b"\n7,14.5", b"\n7,14.6")), ("row 8 altered, column loss",)),
        (
            edited((b"\n7,14.5,n7\n", b"\n"), (b"\n9,18.5,n9\n", b"\n")),
            ("rows 8 to 10 altered: 3 rows became 1",),
        ),
        (edited((b"\n7,14.5,n7\n", b"\n8,14.5,m7\n")), ("row 8 altered, column step, note",)),
        (edited((b"\n7,14.5,n7\n", b"\n")), ("row 8 deleted",)),
        (edited((b"\n7,14.5,n7\n", b"\n7,14.5,n7\n7,1,x\n8,1,y\n")), ("rows 9 to 10 inserted",)),
        (TABLE + b"\n", ("row 51 inserted",)),
        (edited((b"\n7,14.5,", b"\n7,,")), ("row 8 altered, column loss",)),
        (edited((b"step,loss", b"loss,step")), ("column order changed",)),
        (TABLE.replace(b"\n", b"\r\n"), ("line endings changed",)),
        (b"\xff" + TABLE, ("not a CSV any more",)),
        (b"", ("column step is gone; column loss is gone; column note is gone",)),
        (edited((b"step,loss", b"step,cost")), ("column loss is gone; column 'cost' is new",)),
    ],
)
def test_names_the_place(data: bytes, places: tuple[str, ...]) -> None:
    assert altered_places(data, row_digests(TABLE)) == places


def test_counts_what_it_does_not_name() -> None:
    data = TABLE.replace(b".5,", b".6,")
    *named, rest = altered_places(data, row_digests(TABLE))
    assert len(named) == 3
    assert rest == "and 47 more places"


@given(st.binary())
def test_any_bytes_are_answered(data: bytes) -> None:
    assert bool(altered_places(data, row_digests(TABLE))) == (data != TABLE)


@pytest.mark.parametrize("damaged", [{}, {"rows": 1}, {"rows": "?", "columns": {}}, []])
def test_what_are_no_digests_is_refused(damaged: object) -> None:
    with pytest.raises((ValueError, KeyError, TypeError)):
        altered_places(TABLE, damaged)  # type: ignore[arg-type]

"""Records: everything that was declared is in them, and hostile ones are refused, never obeyed."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_world import edit_record

from reprise.records.record import (
    PREDICATE,
    STATEMENT,
    UnreadableRecord,
    altered_places,
    read_record,
    row_digests,
)
from reprise.records.state import states
from reprise.records.tree import Tree
from reprise.storage.atomic import sha256


def test_says_what_was_made_from_what(world: Any) -> None:
    table = world.node("table")
    record = read_record(world.record("table"))
    (parent,) = table.inputs
    assert record.fingerprint == table.fingerprint
    assert record.outputs == {"summary.csv": sha256(world.output("table"))}
    assert record.spec == table.spec
    assert record.code == table.code
    assert record.inputs[parent] == {
        "fingerprint": world.node("run").fingerprint,
        "outputs": read_record(world.record("run")).outputs,
    }
    assert record.node["id"] == table.id
    assert record.execution["wall_s"] == 1.5
    assert {"versions", "python", "platform", "cpu", "lock_sha256"} <= set(record.environment)
    assert record.commit == {"sha": None, "dirty": None}, "the folder is no checkout"


def test_is_an_in_toto_statement(world: Any) -> None:
    statement = json.loads(world.record("run").read_text())
    assert statement["_type"] == STATEMENT
    assert statement["predicateType"] == PREDICATE
    described = {"name", "digest"}
    keys = {subject["name"]: set(subject) for subject in statement["subject"]}
    assert keys == {
        "params.safetensors": described,
        "metrics.csv": described | {"annotations"},
    }


def test_every_declared_input_is_in_the_record(world: Any) -> None:
    for node in world.graph.nodes.values():
        assert set(read_record(world.root / node.record).inputs) == set(node.inputs)


@pytest.mark.faults
@pytest.mark.parametrize("name", ["../x.csv", "/etc/passwd", "..", ".", "", "a/b"])
def test_a_name_outside_the_folder_is_refused(world: Any, name: str) -> None:
    edit_record(world.record("table"), lambda s: s["subject"][0].update(name=name))
    with pytest.raises(UnreadableRecord, match="outside its folder"):
        read_record(world.record("table"))
    assert world.states()["table"].name == "unverifiable"


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b"{}",
        b"\xff\xfe",
        b"[" * 100_000,
        b"1" * 10_000,
        b'{"_type": 1}',
        json.dumps({"_type": STATEMENT, "predicateType": "urn:reprise:record:v2"}).encode(),
        json.dumps({"_type": "other", "predicateType": PREDICATE}).encode(),
    ],
    ids=range(11),
)
def test_what_is_no_record_of_this_version_is_refused(world: Any, text: bytes) -> None:
    world.record("table").write_bytes(text)
    with pytest.raises(UnreadableRecord, match=r"summary\.record\.json"):
        read_record(world.record("table"))
    found = world.states()
    assert found["table"].name == "unverifiable"
    assert found["run"].name == "current"


def paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for name, inner in items:
        found.append((*path, name))
        if isinstance(inner, dict | list):
            found += paths(inner, (*path, name))
    return found


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(data=st.data())
def test_no_damaged_record_breaks_the_status_of_others(world: Any, data: st.DataObject) -> None:
    path = world.record("table")
    good = path.read_bytes()
    statement = json.loads(good)
    *parents, last = data.draw(st.sampled_from(paths(statement)))
    holder = statement
    for part in parents:
        holder = holder[part]
    if data.draw(st.booleans()):
        del holder[last]
    else:
        holder[last] = data.draw(
            st.none() | st.integers() | st.text() | st.just([]) | st.just({}) | st.just({"a": 1})
        )
    path.write_text(json.dumps(statement))
    try:
        found = states(world.graph, Tree.own(world.root, "cpu"))
    finally:
        path.write_bytes(good)
    assert found[world.node("run").id].name == "current"


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

"""docs/provenance.md names every state with its exit code, and every field of a record."""

import dataclasses
import re
from pathlib import Path
from typing import get_args

import pytest

from reprise.records.record import Record
from reprise.records.state import Name, State, exit_code

PAGE = Path(__file__).parents[2] / "docs" / "provenance.md"
TEXT = PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", get_args(Name))
def test_every_state_stands_there_with_its_exit_code(name: Name) -> None:
    row = re.search(rf"^\| `{name}` \|.*\| (\d) \|.*\|$", TEXT, re.MULTILINE)
    assert row is not None and int(row[1]) == exit_code([State(name)])


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(Record)])
def test_every_field_of_a_record_is_explained(name: str) -> None:
    shown = {"outputs": "subject[].name", "marks": "subject[].annotations"}.get(name, name)
    assert re.search(rf"^\| `{re.escape(shown)}`", TEXT, re.MULTILINE)

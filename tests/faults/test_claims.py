"""A criterion that is moved once the numbers are known: the report says so."""

import json
from pathlib import Path
from typing import Any

import pytest
from workspace import KEY, edit

pytestmark = [pytest.mark.faults, pytest.mark.slow]


def page(made: Any) -> str:
    return " ".join((made.workspace.results / "report" / f"{KEY}.html").read_text().split())


def test_a_threshold_moved_after_the_run_is_shown_in_the_report(made: Any) -> None:
    assert "Changed after an earlier run" not in page(made)
    claims: Path = made.workspace.paper / "claims.yaml"
    edit(claims, "at_least: 0.9}", "at_least: 0.1}")
    made.workspace.run()
    told = "Changed after an earlier run</summary>criterion.at_least: 0.9 -&gt; 0.1"
    assert told in page(made)
    record = made.workspace.results / KEY / "verdicts.record.json"
    noted = json.loads(record.read_text())["predicate"]["execution"]["claims_changed"]
    assert noted == {"generalises": ["criterion.at_least: 0.9 -> 0.1"]}

"""A verdict written by hand, with every digest in every record made to agree with it."""

import json
from pathlib import Path

import pytest
from workspace import Forge, Workspace, edit, rewritten

from reprise.specs.claims import SLUG, VERDICTS
from reprise.storage.atomic import sha256

pytestmark = pytest.mark.faults


def verdict_of(results: Path) -> tuple[str, str, str]:
    """Claim, its verdict, and another verdict."""
    header, row = (results / "demo2024" / "verdicts.csv").read_text().splitlines()[:2]
    verdict = next(word for word in VERDICTS if f",{word}," in row)
    other = next(word for word in VERDICTS if word != verdict)
    return row.split(",")[header.split(",").index("claim")], verdict, other


@rewritten
def in_both_tables(results: Path) -> None:
    _, verdict, other = verdict_of(results)
    for path in (results / "demo2024" / "verdicts.csv", results / "report" / "verdicts.csv"):
        edit(path, f",{verdict},", f",{other},")


def in_the_reports_table(results: Path) -> None:
    """The only digest is that in its own record: the paper's table, which is equal, stays."""
    _, verdict, other = verdict_of(results)
    table, record = (results / "report" / name for name in ("verdicts.csv", "report.record.json"))
    edit(table, f",{verdict},", f",{other},")
    statement = json.loads(record.read_text())
    (entry,) = (s for s in statement["subject"] if s["name"] == table.name)
    entry["digest"]["sha256"] = sha256(table)
    record.write_text(json.dumps(statement))


@rewritten
def in_the_page(results: Path) -> None:
    claim, verdict, other = verdict_of(results)
    row = '<tr class="claim {}" id="claim-{}" data-claim="demo2024/'
    page = results / "report" / "demo2024.html"
    edit(page, row.format(SLUG[verdict], claim), row.format(SLUG[other], claim))


@rewritten
def in_the_statistic(results: Path) -> None:
    path = results / "demo2024" / "verdicts.csv"
    header, row, *rest = path.read_text().splitlines()
    cells = row.split(",")
    cells[header.split(",").index("statistic")] = "0.123"
    path.write_text("\n".join([header, ",".join(cells), *rest, ""]))


@pytest.mark.parametrize(
    ("forge", "node", "words"),
    [
        (in_both_tables, "demo2024/verdict/verdicts", "is asked: "),
        (in_the_reports_table, "report", "is not as the paper's own verdicts have it"),
        (in_the_page, "report", "is shown as "),
        (in_the_statistic, "demo2024/verdict/verdicts", "statistic is 0.123, derived "),
    ],
)
def test_a_forged_verdict_is_contradicted_by_its_own_tables(
    workspace: Workspace, forge: Forge, node: str, words: str
) -> None:
    claim, *_ = verdict_of(workspace.results)
    forge(workspace.results)
    said = json.loads(workspace.call("reprise", "verify", "--json", code=4).stdout)
    assert said["nodes"][node]["state"] == "tampered"
    (reason,) = said["nodes"][node]["reasons"]
    assert claim in reason
    assert words in reason


def test_a_rule_that_was_changed_since_is_named(workspace: Workspace) -> None:
    claim, *_ = verdict_of(workspace.results)
    claims = workspace.paper / "claims.yaml"
    assert "Rules that are others" not in workspace.call("reprise", "verify", code=0).stdout
    threshold = next(line for line in claims.read_text().splitlines() if "at_least:" in line)
    edit(claims, threshold, threshold.replace("at_least: 0.", "at_least: 0.0"))
    said = workspace.call("reprise", "verify", code=3).stdout
    assert f"Rules that are others than when claims were judged: demo2024/{claim} (changed)" in said

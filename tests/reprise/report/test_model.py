import io
import math

import pandas as pd
import pytest

from reprise.report.model import VerdictRow, verdict_rows
from reprise.results import csv_bytes, parse_csv
from reprise.stats.verdicts import COLUMNS


def test_counts_name_every_verdict(make):
    assert make.model().counts == {
        "reproduced": 1,
        "partly": 1,
        "inconclusive": 1,
        "contradicted": 1,
        "not tested": 1,
    }
    assert [row.claim for row in make.model().claims("control")] == ["control"]
    assert sum(make.model(make.paper(verdicts=())).counts.values()) == 0


def test_totals_are_sums_over_papers(make):
    both = make.model(make.paper(), make.paper("dai2022", verdicts=(make.row(), make.row())))
    assert both.counts["reproduced"] == 3
    assert both.counts["partly"] == 1


def test_claims_of_a_figure_are_its_own_and_what_failed_stands_first(make):
    names = [row.claim for row in make.paper().claims_of("accuracy")]
    assert names == ["share", "width", "delay"]


def frame(**changes):
    values = {
        "paper": "pearce2023",
        "claim": "delay",
        "kind": "finding",
        "figure": "accuracy",
        "statement": 'later, "much" later',
        "gate": "",
        "statistic": 62.1,
        "low": math.nan,
        "high": math.nan,
        "networks": "",
        "threshold": ">= 10",
        "threshold_source": "paper: its Figure 1",
        "paper_value": "80",
        "calibration": "",
        "other_rounding": "",
        "verdict": "reproduced",
        "reason": "",
        "scale": "cpu",
    }
    return pd.DataFrame([{**values, **changes}], columns=list(COLUMNS))


def test_a_verdict_table_comes_back_through_csv():
    (row,) = verdict_rows(parse_csv(io.BytesIO(csv_bytes(frame()))))
    assert row.statement == 'later, "much" later'
    assert row.gate == ""
    assert row.statistic == 62.1
    assert math.isnan(row.low)
    assert row.paper_value == "80"


def test_texts_that_look_like_numbers_stay_as_written():
    both = pd.concat([frame(paper_value="80"), frame(paper_value="", networks="3")])
    first, second = verdict_rows(parse_csv(io.BytesIO(csv_bytes(both))))
    assert (first.paper_value, first.networks) == ("80", "")
    assert (second.paper_value, second.networks) == ("", "3")


def test_columns_of_verdicts_are_the_fields_of_a_row():
    assert list(VerdictRow.__dataclass_fields__) == list(COLUMNS)


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="lacks the columns gate, reason"):
        verdict_rows(frame().drop(columns=["gate", "reason"]))


def test_an_unknown_verdict_is_refused():
    with pytest.raises(ValueError, match="delay: 'sort of'"):
        verdict_rows(frame(verdict="sort of"))

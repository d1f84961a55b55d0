"""One network of a batch leaves the finite numbers: it fails alone, and everything says so."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from workspace import KEY

from reprise.records.record import read_record
from reprise.results import parse_csv

pytestmark = pytest.mark.faults


def diverge(made: Any, rates: list[float]) -> tuple[str, Path]:
    """The node file of the training with a learning rate per member, and its record."""
    path = made.workspace.root / made.node_file("run")
    content = json.loads(path.read_text())
    node = content["node"]
    for member, rate in zip(node["spec"]["members"], rates, strict=True):
        member["optimizer.learning_rate"] = rate
    mark = node["fingerprint"]
    other = "f" * 64
    text = json.dumps(content).replace(mark, other).replace(mark[:12], other[:12])
    path = path.with_name(f"{other}.json")
    path.write_text(text)
    record = made.workspace.root / json.loads(text)["node"]["record"]
    return str(path.relative_to(made.workspace.root)), record


def metrics(folder: Path) -> pd.DataFrame:
    return parse_csv(io.BytesIO((folder / "metrics.csv").read_bytes()))


def test_a_member_that_diverges_fails_alone_at_a_recorded_step(made: Any) -> None:
    (usual,) = made.workspace.results.glob("*/runs/*/*/record.json")
    node_file, record = diverge(made, [0.003, 1e30, 0.003])
    job = made.server.make(made.workspace, node_file)
    assert job.wait() == 0, job.said()
    first, failed, last = read_record(record).execution["failed_at_step"]
    assert first == last == -1
    assert 0 <= failed < 6000
    frame, other = metrics(record.parent), metrics(usual.parent)
    lost = frame[frame["member"] == 1]
    assert np.isfinite(lost["train_loss"][lost["step"] < failed]).all()
    assert not np.isfinite(lost["train_loss"][lost["step"] == failed]).any()
    siblings = frame["member"] != 1
    pd.testing.assert_frame_equal(frame[siblings], other[siblings], check_exact=True)


def test_a_training_without_a_finite_member_fails_and_says_at_which_step(made: Any) -> None:
    node_file, record = diverge(made, [1e30, 1e30, 1e30])
    job = made.server.make(made.workspace, node_file)
    assert job.wait() == 1
    assert "every member's loss is not finite at step" in job.said()
    assert "Traceback" not in job.said()
    assert not record.exists()


def test_the_report_says_below_a_figure_how_many_networks_it_shows(made: Any) -> None:
    (record,) = made.workspace.results.glob("*/runs/*/*/record.json")
    statement = json.loads(record.read_text())
    statement["predicate"]["execution"]["failed_at_step"] = [-1, 120, -1]
    record.write_text(json.dumps(statement))
    made.make("report")
    page = (made.workspace.results / "report" / f"{KEY}.html").read_text()
    assert "2 of 3 networks of parity/00 stayed finite; the first was lost at step 120" in page

"""Results in a bucket: made there, fetched by another clone, judged by content there, too."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from s3_server import COPY, OPTIONS, Bucket, s3_server
from workspace import KEY, NODES, Workspace, copy_workspace, edit

pytestmark = pytest.mark.slow

SUMMARY = f"results/smoke/{KEY}/tables/summary.csv"


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    with s3_server() as bucket:
        yield bucket


@pytest.fixture(scope="module")
def first(
    unstarted: Workspace, bucket: Bucket, tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """The clone that made everything, into the bucket."""
    workspace = copy_workspace(unstarted, tmp_path_factory.mktemp("first") / "project")
    workspace = replace(workspace, variables=bucket.variables)
    workspace.call("snakemake", "--cores", "1", *OPTIONS, code=0)
    return workspace


@pytest.fixture
def second(unstarted: Workspace, first: Workspace, tmp_path: Path) -> Workspace:
    """Another clone, which has nothing."""
    return replace(copy_workspace(unstarted, tmp_path / "project"), variables=first.variables)


def test_outputs_and_records_lie_in_the_bucket_only(first: Workspace, bucket: Bucket) -> None:
    stored = {key for key in bucket.paths() if key.startswith("results/")}
    records = {key for key in stored if key.endswith("record.json")}
    assert len(records) == len(NODES)
    assert {SUMMARY, "results/smoke/report/index.html"} < stored
    assert not first.results.exists()


def test_another_clone_finds_it_current_and_takes_it_over(second: Workspace) -> None:
    assert second.planned(*OPTIONS) == set()
    fetched = {path: path.stat().st_ctime_ns for path in (second.root / COPY).rglob("*.*")}
    assert second.planned(*OPTIONS) == set()
    assert fetched and all(path.stat().st_ctime_ns == at for path, at in fetched.items())
    second.call("reprise", "verify", COPY, code=0)
    second.call("reprise", "adopt", COPY, code=0)
    assert {state.name for state in second.status().values()} == {"current"}
    assert second.predicted() == set()


def test_a_tampered_object_is_found_and_made_again(second: Workspace, bucket: Bucket) -> None:
    true = bucket.read(SUMMARY)
    forged = true.replace(b"accuracy,0", b"accuracy,1", 1)
    assert len(forged) == len(true) and forged != true
    second.planned(*OPTIONS)
    bucket.write(SUMMARY, forged)
    assert second.planned(*OPTIONS) == {"summary", "verdict", "report"}
    assert "row 1 altered" in second.call("reprise", "verify", COPY, code=4).stdout
    second.call("reprise", "adopt", COPY, code=4)
    second.call("snakemake", "--cores", "1", *OPTIONS, code=0)
    assert bucket.read(SUMMARY) == true
    assert second.planned(*OPTIONS) == set()


def test_what_the_bucket_lost_is_made_again(second: Workspace, bucket: Bucket) -> None:
    second.planned(*OPTIONS)
    lost = bucket.read(SUMMARY)
    bucket.delete(SUMMARY)
    assert second.planned(*OPTIONS) == {"summary", "verdict", "report"}
    bucket.write(SUMMARY, lost)


def test_what_changed_is_stale_in_the_bucket_too(second: Workspace) -> None:
    edit(second.paper / "tables" / "accuracy.py", '"final_"', '"last_"')
    assert second.planned(*OPTIONS) == {"summary", "verdict", "report"}


def test_a_storage_that_cannot_be_read_is_told(second: Workspace) -> None:
    elsewhere = {"SNAKEMAKE_STORAGE_S3_ENDPOINT_URL": "http://127.0.0.1:9"}
    unreachable = replace(second, variables={**second.variables, **elsewhere})
    result = unreachable.call("snakemake", "-n", *OPTIONS, code=2)
    assert "the storage cannot be read" in result.stderr
    assert "http://127.0.0.1:9/" in result.stderr

"""What is made does not depend on the order of keys, which no fingerprint and no record tells."""

import json
from typing import Any

import pytest

from reprise.specs import load
from reprise.specs.load import Config, load_paper, paper_keys
from reprise.specs.runs import jobs, read_job
from reprise.specs.yamlfile import read_yaml


def backwards(value: Any) -> Any:
    """``value`` with the keys of all mappings the other way round, but the axes of members."""
    if isinstance(value, dict):
        return {
            key: value[key] if key == "members" else backwards(value[key])
            for key in reversed(list(value))
        }
    return [backwards(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize("paper", paper_keys())
def test_a_record_tells_all_that_a_training_is_made_from(paper: str) -> None:
    for name, run in load_paper(paper, Config(scale="cpu")).runs.items():
        for job in jobs(run):
            told = job.model_dump(mode="json", exclude_none=True)
            again = read_job(paper, json.loads(json.dumps(told, sort_keys=True)))
            assert repr(again.run.task) == repr(job.run.task), name
            assert repr(again.run.model) == repr(job.run.model), name
            assert repr(again.members) == repr(job.members), name


@pytest.mark.parametrize("paper", paper_keys())
def test_a_paper_written_in_another_order_is_the_same(
    paper: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load_paper(paper, Config(scale="cpu"))
    monkeypatch.setattr(load, "read_yaml", lambda file: backwards(read_yaml(file)))
    after = load_paper(paper, Config(scale="cpu"))
    for kind in ("datasets", "runs", "tables"):
        nodes = getattr(after, kind)
        assert {name: repr(node) for name, node in nodes.items()} == {
            name: repr(node) for name, node in getattr(before, kind).items()
        }

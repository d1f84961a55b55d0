"""Killed while it writes: at the very call that syncs, renames or removes a file."""

import hashlib
import signal
from typing import Any

import pytest
from forked_jobs import Fault, KillAt

pytestmark = pytest.mark.faults

STATE_WRITES = {
    "before the data is synced": KillAt("fsync", "*/resume/*.tmp", 3),
    "before it gets its name": KillAt("replace", "*/resume/*.safetensors", 3),
    "before the name is synced": KillAt("fsync", "*/resume/*[0-9a-f]", 3),
    "before the oldest is removed": KillAt("unlink", "*/resume/*.safetensors", 1),
}


@pytest.mark.parametrize("moment", STATE_WRITES)
def test_killed_while_a_state_is_written_an_earlier_one_or_this_resumes(
    training: Any, expected: dict[str, str], moment: str
) -> None:
    job = training.start(fault=Fault(STATE_WRITES[moment]))
    assert job.wait() == -signal.SIGKILL
    states = training.states()
    named = moment in ("before the name is synced", "before the oldest is removed")
    assert len(states) == (3 if named else 2)
    for path in states:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert path.stem.endswith(digest), "half a file under the name of a state"
    training.make()
    assert training.resumed_from() == int(states[-1].name.partition("-")[0]) - 1
    assert training.workspace.digests() == expected
    assert not list((training.workspace.root / ".reprise" / "resume").iterdir())


RESULT_WRITES = {
    "before the first output is synced": KillAt("fsync", "*/results/*.tmp"),
    "between outputs": KillAt("replace", "*.png"),
    "before the record gets its name": KillAt("replace", "*record.json"),
}


@pytest.mark.parametrize("moment", RESULT_WRITES)
def test_killed_while_a_result_is_written_it_never_looks_finished(
    made: Any, undisturbed: dict[str, str], moment: str
) -> None:
    """The record is the last thing written; half a file never has the name of an output."""
    job = made.start("figure", Fault(RESULT_WRITES[moment]))
    assert job.wait() == -signal.SIGKILL
    assert made.state("figure").name in ("missing", "unverifiable")
    made.make("figure")
    assert made.state("figure").name == "current"
    kept = {p: d for p, d in made.workspace.digests().items() if not p.endswith(".tmp")}
    assert kept == undisturbed


def test_killed_before_the_record_of_a_training_its_state_is_still_there(
    training: Any, expected: dict[str, str]
) -> None:
    job = training.start(fault=Fault(KillAt("replace", "*record.json")))
    assert job.wait() == -signal.SIGKILL
    assert training.state("run").name == "unverifiable"
    newest = training.states()[-1]
    training.make()
    assert training.resumed_from() == int(newest.name.partition("-")[0]) - 1
    assert training.state("run").name == "current"
    kept = {p: d for p, d in training.workspace.digests().items() if not p.endswith(".tmp")}
    assert kept == expected

"""Which processes belong together, and what each of them gets."""

from typing import Any

import pytest
from training_jobs import PARITY, job

from reprise.execution.crew import ALONE, Crew, _bound_devices, _heartbeat_s, crew_of
from reprise.specs.errors import ConfigError

STEP = {"SLURM_JOB_ID": "7", "SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "2"}
MEET = {"JAX_COORDINATOR_ADDRESS": "host:1"}


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, ALONE),
        ({"SLURM_JOB_ID": "7", "SLURM_NTASKS": "4", "SLURM_PROCID": "0"}, ALONE),
        ({**STEP, "SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"}, ALONE),
        (STEP, Crew(4, 2, slurm=True)),
        ({**STEP, "REPRISE_PROCESS": "0/1"}, ALONE),
        ({**MEET, "REPRISE_PROCESS": "1/2"}, Crew(2, 1)),
    ],
    ids=["alone", "a batch script", "a step of one task", "a step", "told alone", "told"],
)
def test_who_belongs_together(environ: dict[str, str], expected: Crew) -> None:
    assert crew_of(environ) == expected


@pytest.mark.parametrize("told", ["2/2", "1", "a/b", "-1/2", "0/0", "1/2/3"])
def test_a_wrong_number_is_refused_by_name(told: str) -> None:
    with pytest.raises(ConfigError, match=r"REPRISE_PROCESS=.*0/2"):
        crew_of({**MEET, "REPRISE_PROCESS": told})


def test_a_crew_that_nowhere_meets_is_refused() -> None:
    with pytest.raises(ConfigError, match="JAX_COORDINATOR_ADDRESS"):
        crew_of({"REPRISE_PROCESS": "0/2"})


def test_a_wrong_heartbeat_is_refused_by_name() -> None:
    assert (_heartbeat_s({}), _heartbeat_s({"REPRISE_HEARTBEAT_S": "7"})) == (100, 7)
    with pytest.raises(ConfigError, match=r"REPRISE_HEARTBEAT_S='1\.5'"):
        _heartbeat_s({"REPRISE_HEARTBEAT_S": "1.5"})


@pytest.mark.parametrize("count", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("members", [1, 3, 7, 8])
def test_every_member_has_one_process(count: int, members: int) -> None:
    shares = [list(range(members))[Crew(count, i).share(members)] for i in range(count)]
    assert [member for share in shares for member in share] == list(range(members))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_part_is_a_job_of_its_members() -> None:
    made = job(PARITY)
    assert [m for i in range(2) for m in Crew(2, i).part(made).members] == list(made.members)
    assert Crew(2, 0).part(made).run == made.run
    assert Crew(4, 0).part(made).members == made.members[:1], "one without any is like the first"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({"CUDA_VISIBLE_DEVICES": "0,1"}, None),
        ({"SLURM_GPUS_PER_TASK": "2", "CUDA_VISIBLE_DEVICES": "0,1"}, [0, 1]),
        ({"SLURM_GPUS_PER_TASK": "2", "CUDA_VISIBLE_DEVICES": ""}, None),
    ],
)
def test_devices_that_slurm_gave_a_task_are_all_its_own(
    environ: dict[str, str], expected: Any
) -> None:
    assert _bound_devices(environ) == expected


def test_alone_nothing_is_exchanged() -> None:
    ALONE.join()
    assert ALONE.gather(b"x") == [b"x"]
    with ALONE.telling():
        ALONE.listen()

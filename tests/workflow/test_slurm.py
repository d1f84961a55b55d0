"""Jobs on a cluster: a real Slurm with one node, this machine, through the own profile."""

import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from slurm_cluster import Cluster, NoCluster, single_node_cluster
from workspace import Workspace, build_workspace, edit

from reprise.storage.atomic import sha256

KEY = "pearce2023"
LONG = f"overrides: {{{KEY}.runs.five_neuron.steps: 12000}}"
PATIENCE_S = 1200
SHORT_STEPS = 1000  # the others train for fewer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    """A cluster on this machine; without one the tests are skipped, with the reason."""
    try:
        with single_node_cluster() as found:
            yield found
    except NoCluster as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def project(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A clone with one paper, one of whose trainings lasts, for a user of this cluster."""
    built = build_workspace(tmp_path_factory.mktemp("slurm") / "project", papers=True)
    edit(built.root / "config.yaml", "papers: all", f"papers: [{KEY}]")
    edit(built.root / "config.yaml", "overrides: {}", LONG)
    edit(built.root / "workflow/profiles/slurm/config.yaml", "checks: 20", "checks: 1")
    variables = {"SNAKEMAKE_PROFILE": str(cluster.profile), "REPRISE_SAVE_EVERY_S": "0.1"}
    return Workspace(built.root, variables)


def wait_for(condition: Callable[[], Any], process: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.05)


def state_of_the_long_training(workspace: Workspace) -> bool:
    """Whether it has been saved in mid-training."""
    saved = (workspace.root / ".reprise" / "resume").glob("*/*.safetensors")
    return any(int(path.name.partition("-")[0]) > SHORT_STEPS for path in saved)


def executions(workspace: Workspace, kind: str) -> dict[str, dict[str, Any]]:
    """What the records of all nodes of a kind say of their making, by the folder's name."""
    records = workspace.results.glob(f"{KEY}/{kind}s/**/*record.json")
    return {
        str(path.relative_to(workspace.results / KEY)): json.loads(path.read_text())["predicate"][
            "execution"
        ]
        for path in records
    }


@pytest.fixture(scope="module")
def killed(cluster: Cluster, project: Workspace) -> str:
    """The id of the job that was killed while it trained; then the run went on to its end."""
    process = project.start("reprise", "run", "--profile", "slurm")
    try:
        wait_for(lambda: state_of_the_long_training(project), process)
        (job,) = (job.id for job in cluster.jobs() if trains_long(project, job.id))
        cluster.kill(job)
        said, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, said + engine_log(project)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return job


def engine_log(workspace: Workspace) -> str:
    logs = sorted((workspace.root / ".reprise" / "logs").glob("run-*.log"))
    return logs[-1].read_text()


def trains_long(workspace: Workspace, job: str) -> bool:
    """Whether the long training is one of a job's, by what the job says in its log."""
    folder = workspace.root / ".snakemake" / "slurm_logs"
    return any("five_neuron" in path.read_text() for path in folder.rglob(f"{job}.log"))


def test_a_killed_job_is_submitted_again_and_resumes(project: Workspace, killed: str) -> None:
    found = {name: e["resumed_from_step"] for name, e in executions(project, "run").items()}
    (long,) = (name for name in found if "five_neuron" in name)
    assert (found[long] or 0) > SHORT_STEPS
    assert len(found) == 14


def test_resumed_on_the_cluster_it_has_the_bits_of_an_undisturbed_training_here(
    project: Workspace, killed: str, tmp_path: Path
) -> None:
    (made,) = project.results.glob(f"{KEY}/runs/five_neuron/*/params.safetensors")
    alone = build_workspace(tmp_path / "project", papers=True)
    for name in ("config.yaml", "workflow/profiles/slurm/config.yaml"):
        (alone.root / name).write_bytes((project.root / name).read_bytes())
    alone.call("reprise", "plan", "--json", code=0)
    (node,) = (alone.root / ".reprise" / "nodes").glob(f"{KEY}.run.five_neuron.*.json")
    alone.call("reprise", "make", str(node), code=0)
    (undisturbed,) = alone.results.glob(f"{KEY}/runs/five_neuron/*/params.safetensors")
    assert sha256(undisturbed) == sha256(made)


def test_everything_is_there_and_nothing_is_left_to_do(
    cluster: Cluster, project: Workspace, killed: str
) -> None:
    project.call("reprise", "verify", code=0)
    jobs = len(cluster.jobs())
    assert "Nothing to make" in project.run("--profile", "slurm").stdout
    assert project.planned("--workflow-profile", "slurm") == set()
    assert len(cluster.jobs()) == jobs


def test_jobs_are_submitted_in_batches_with_what_they_need(
    cluster: Cluster, project: Workspace, killed: str
) -> None:
    jobs = cluster.jobs()
    made = sum(len(executions(project, kind)) for kind in ("run", "table", "figure"))
    assert len(jobs) < made / 10, "one of them is the killed one's second attempt"
    for job in jobs:
        assert 1 <= job.cores <= 8
        assert re.fullmatch(r"[1-9]\d*(M|G)", job.memory)
        assert job.limit != "UNLIMITED"
        assert "gpu" not in job.devices, "smoke needs none"
    first = next(job for job in jobs if job.id == killed)
    second = next(job for job in jobs if int(job.id) > int(killed) and job.comment == first.comment)
    assert first.state != "COMPLETED"
    assert second.state == "COMPLETED"


def test_a_training_for_a_gpu_gets_one_and_ctrl_c_cancels_it(
    cluster: Cluster, project: Workspace, killed: str
) -> None:
    command = ("reprise", "figure", f"{KEY}/F13", "--scale", "gpu", "--profile", "slurm")
    process = project.start(*command)
    try:
        wait_for(lambda: [job for job in cluster.under_way() if job.state == "RUNNING"], process)
        (job,) = cluster.under_way()
        assert (job.devices, job.cores) == ("gres:gpu:1", 1) or "gpu:1" in job.devices
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert process.returncode == 128 + signal.SIGINT, said
    end = time.monotonic() + 60
    while cluster.under_way() and time.monotonic() < end:
        time.sleep(0.2)
    assert cluster.under_way() == []

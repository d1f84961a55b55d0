"""Jobs on a cluster: a real Slurm with one node, this machine, through the project's profile."""

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from slurm_cluster import Cluster, single_node_cluster
from slurm_configuration import NoCluster
from workspace import ROOT, Workspace, build_workspace, copy_workspace, edit

KEY, LONG_RUN, FIGURE = "demo2024", "parity", "F1"
LONG = f"{KEY}.runs.{LONG_RUN}.steps: 60000, {KEY}.runs.{LONG_RUN}.log_every: 600"
PATIENCE_S = 1200

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
def submitting(
    cluster: Cluster, unstarted: Workspace, tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """A clone with a training that lasts, for a user of this cluster."""
    built = copy_workspace(unstarted, tmp_path_factory.mktemp("slurm") / "project")
    edit(built.root / "config.yaml", "overrides: {}", f"overrides: {{{LONG}}}")
    edit(built.root / "workflow/profiles/slurm/config.yaml", "checks: 20", "checks: 1")
    variables = {"SNAKEMAKE_PROFILE": str(cluster.profile), "REPRISE_SAVE_EVERY_S": "0.1"}
    return Workspace(built.root, variables)


@pytest.fixture(scope="module")
def project(submitting: Workspace) -> Workspace:
    """The same clone, in which the jobs run."""
    return copy_workspace(submitting, submitting.root.with_name("run"))


@pytest.fixture(scope="module")
def killed(cluster: Cluster, project: Workspace) -> str:
    """The id of the job that was killed while it trained; then the run went on to its end."""
    process = project.start("reprise", "run", "--profile", "slurm")
    try:
        wait_for(lambda: saved_in_mid_training(project), process)
        (job,) = cluster.under_way()
        cluster.kill(job.id)
        said, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, said + engine_log(project)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return job.id


def wait_for(condition: Callable[[], Any], process: "subprocess.Popen[str]") -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.05)


def saved_in_mid_training(workspace: Workspace) -> bool:
    """Whether a training has saved its state, and not only after its first step."""
    saved = (workspace.root / ".reprise" / "resume").glob("*/*.safetensors")
    return any(int(path.name.partition("-")[0]) > 1 for path in saved)


def engine_log(workspace: Workspace) -> str:
    *_, log = sorted((workspace.root / ".reprise" / "logs").glob("run-*.log"))
    return log.read_text()


def execution(workspace: Workspace) -> dict[str, Any]:
    """What the record of the training says of its making."""
    (record,) = workspace.results.glob(f"{KEY}/runs/{LONG_RUN}/*/record.json")
    found: dict[str, Any] = json.loads(record.read_text())["predicate"]["execution"]
    return found


@pytest.mark.faults
def test_a_killed_job_is_submitted_again_and_ends_in_the_same_bits(
    submitting: Workspace, project: Workspace, killed: str, tmp_path: Path
) -> None:
    assert (execution(project)["resumed_from_step"] or 0) > 1
    here = copy_workspace(submitting, tmp_path / "project")
    here.run()
    assert execution(here)["resumed_from_step"] is None
    assert project.digests() == here.digests()


def test_everything_is_there_and_nothing_is_left_to_do(
    cluster: Cluster, project: Workspace, killed: str
) -> None:
    project.call("reprise", "verify", code=0)
    jobs = cluster.jobs()
    assert "Nothing to make" in project.run("--profile", "slurm").stdout
    assert project.planned("--workflow-profile", "slurm") == set()
    assert cluster.jobs() == jobs


def test_jobs_are_submitted_in_batches_with_what_they_need(cluster: Cluster, killed: str) -> None:
    trained, again, drawn = cluster.jobs()  # two tables and a figure; all else is made here
    assert (trained.id, trained.comment) == (killed, again.comment)
    assert trained.state != "COMPLETED"
    assert again.state == drawn.state == "COMPLETED"
    for job in (trained, again, drawn):
        assert job.cores == 1
        assert re.fullmatch(r"[1-9]\d*(\.\d+)?[MG]", job.memory)
        assert re.fullmatch(r"(\d+:)+00", job.limit)
        assert "gpu" not in job.devices
    assert again.memory != trained.memory, "a second attempt gets more"


def test_a_training_for_a_gpu_gets_one_and_ctrl_c_cancels_it(
    cluster: Cluster, project: Workspace, killed: str
) -> None:
    """Its device is a name only, so the training is told to use the CPU."""
    shutil.rmtree(project.root / "results" / "smoke")  # its training is the same: taken over
    command = ("reprise", "figure", f"{KEY}/{FIGURE}", "--scale", "gpu", "--profile", "slurm")
    on_cpu = replace(project, variables={**project.variables, "JAX_PLATFORMS": "cpu"})
    process = on_cpu.start(*command)
    try:
        wait_for(lambda: saved_in_mid_training(project), process)
        (job,) = cluster.under_way()
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=PATIENCE_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    assert "gpu:1" in job.devices
    assert process.returncode == 128 + signal.SIGINT, said
    end = time.monotonic() + 60
    while cluster.under_way() and time.monotonic() < end:
        time.sleep(0.2)
    assert cluster.under_way() == []
    logs = (project.root / ".reprise" / "logs" / "run").glob("*.log")
    log = max(logs, key=lambda path: path.stat().st_mtime)
    assert "stopped after step" in log.read_text(), "its state was saved at the end"


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A clone with all papers and their published records."""
    if not find_spec("snakemake_executor_plugin_slurm"):
        pytest.skip("the executor for Slurm is not installed (make setup CLUSTER=1)")
    built = build_workspace(tmp_path_factory.mktemp("papers") / "project", papers=True)
    (built.root / "results").mkdir()
    (built.root / "results" / "published").symlink_to(ROOT / "results" / "published")
    return built


@pytest.mark.parametrize(("scale", "batched"), [("smoke", True), ("cpu", True), ("gpu", False)])
def test_all_papers_can_be_submitted_in_batches(
    papers: Workspace, scale: str, batched: bool
) -> None:
    """No batch waits for what waits for it; only what is known to be short is batched."""
    choice = ("--config", f"scale={scale}")
    shown = papers.call("snakemake", "-n", "--workflow-profile", "slurm", *choice, code=0).stdout
    jobs = re.findall(r"^ *rule (run|dataset|table|figure):$", shown, re.MULTILINE)
    alone = Counter(re.findall(r"^rule (run|dataset|table|figure):$", shown, re.MULTILINE))
    batches = Counter(re.findall(r"Group job (\w+) ", shown))
    assert alone["table"] == alone["figure"] == 0
    assert bool(batches["run"]) == bool(batches["dataset"]) == batched
    assert alone["run"] + batches["run"] > 0
    submissions = alone.total() + batches.total()
    assert submissions < len(jobs) / (5 if batched else 2)
    resources = re.findall(r"^ *resources: (.*runtime=.*)$", shown, re.MULTILINE)
    assert sum("mem_mb=" in line for line in resources) >= len(jobs)
    gpus = re.findall(r"\bgpu=(\d)", "\n".join(resources))
    assert set(gpus) == {"0" if batched else "1"}
    assert len(gpus) == jobs.count("run")

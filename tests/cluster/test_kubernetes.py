"""The profile for Kubernetes through the real plugin; a stand-in for the cluster runs the jobs.

A job begins in an empty folder and ends with it, as in a pod: sources, inputs, outputs and logs go
through the bucket.
"""

import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from kubernetes_server import Cluster, cluster
from s3_server import BUCKET, COPY, PREFIX, Bucket, s3_server, skip_without
from workspace import KEY, UNOPTIMISED, Workspace, copy_workspace

pytestmark = pytest.mark.slow

PROFILE = (
    *("--workflow-profile", "workflow/profiles/kubernetes"),
    *("--default-storage-prefix", f"s3://{BUCKET}/{PREFIX}"),
)
IMAGE = "registry.example.org/reprise:1"
RUN = ("--cores", "1", "--seconds-between-status-checks", "1", "--container-image", IMAGE)


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    skip_without("snakemake_executor_plugin_kubernetes")
    with s3_server() as bucket:
        yield bucket


def image(folder: Path) -> Mapping[str, str]:
    """What the Containerfile makes: our Python first, a ``pip`` that installs nothing."""
    folder.mkdir()
    idle = folder / "pip"
    idle.symlink_to("/bin/true")
    return {
        "PATH": f"{folder}:{Path(sys.executable).parent}:/usr/bin:/bin",
        "PYTHONPATH": "{workdir}/src",
        "HOME": "{workdir}",
        "REPRISE_XLA_FLAGS": UNOPTIMISED,
    }


@pytest.fixture(scope="module")
def nodes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    with cluster(folder, image(folder / "image")) as made:
        yield made


@pytest.fixture(scope="module")
def project(
    unstarted: Workspace,
    bucket: Bucket,
    nodes: Cluster,
    tmp_path_factory: pytest.TempPathFactory,
) -> Workspace:
    """The checkout that submits; everything was made once."""
    workspace = copy_workspace(unstarted, tmp_path_factory.mktemp("submits") / "project")
    variables = {**bucket.variables, "KUBECONFIG": str(nodes.config)}
    workspace = replace(workspace, variables=variables)
    (workspace.root / ".gitignore").write_text("/.reprise/\n/.snakemake/\n__pycache__/\n")
    git = ("git", "-c", "user.name=a", "-c", "user.email=a@example.org")
    for command in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "x"]):
        workspace.call(*git, *command, code=0)
    result = workspace.call("snakemake", *PROFILE, *RUN)
    logs = "\n".join(nodes.log(name) for name in nodes.jobs)
    assert result.returncode == 0, f"{result.stderr[-5000:]}\n{logs}"
    return workspace


def rule(manifest: Mapping[str, object]) -> str:
    """The rule that a job was submitted for."""
    return json.dumps(manifest).partition("--allowed-rules ")[2].split()[0]


def test_trainings_and_tables_run_in_the_cluster(project: Workspace, nodes: Cluster) -> None:
    assert sorted(map(rule, nodes.jobs.values())) == ["run", "table", "table"]
    assert set(nodes.codes.values()) == {0}
    assert not project.results.exists()


def test_everything_is_current_in_the_bucket(project: Workspace) -> None:
    assert project.planned(*PROFILE) == set()
    project.call("reprise", "verify", COPY, code=0)


def test_records_made_elsewhere_name_the_commit(project: Workspace, bucket: Bucket) -> None:
    head = project.call("git", "rev-parse", "HEAD").stdout.strip()
    records = [path for path in bucket.paths() if path.endswith("record.json")]
    said = {path: json.loads(bucket.read(path))["predicate"]["commit"] for path in records}
    assert f"results/smoke/{KEY}/tables/summary.record.json" in said
    assert all(commit == {"sha": head, "dirty": False} for commit in said.values())


def test_a_job_asks_for_its_image_and_memory_and_hides_its_secrets(
    project: Workspace, bucket: Bucket, nodes: Cluster
) -> None:
    secret = bucket.variables["SNAKEMAKE_STORAGE_S3_SECRET_KEY"]
    for manifest in nodes.jobs.values():
        container = manifest["spec"]["template"]["spec"]["containers"][0]
        assert container["image"] == IMAGE
        asked = container["resources"]
        assert int(asked["requests"]["memory"].removesuffix("M")) >= 1000
        # A request for a GPU counts only with a limit.
        assert ("limits" in asked) == (rule(manifest) == "run")
        assert secret not in json.dumps(manifest)

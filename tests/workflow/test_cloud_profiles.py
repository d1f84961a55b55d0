"""The profiles of Kubernetes and AWS Batch, as far as their plugins' dry-run checks them."""

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from s3_server import BUCKET, PREFIX, Bucket, s3_server, skip_without
from workspace import ROOT, Workspace, build_workspace, edit

OWN = ("--default-storage-prefix", f"s3://{BUCKET}/{PREFIX}")
ACCOUNT = (
    *("--aws-batch-region", "eu-central-1"),
    *("--aws-batch-job-queue", "arn:aws:batch:eu-central-1:1:job-queue/q"),
    *("--aws-batch-job-role", "arn:aws:iam::1:role/r"),
)
NEEDED = {"kubernetes": (), "aws-batch": ACCOUNT}


@pytest.fixture(scope="module")
def bucket() -> Iterator[Bucket]:
    skip_without("snakemake_executor_plugin_kubernetes", "snakemake_executor_plugin_aws_batch")
    with s3_server() as bucket:
        yield bucket


@pytest.fixture
def project(bucket: Bucket, tmp_path: Path) -> Workspace:
    """A checkout in which nothing was made."""
    return replace(build_workspace(tmp_path / "project"), variables=bucket.variables)


def dry_run(project: Workspace, code: int, name: str, *more: str) -> str:
    """What ``snakemake -n`` says with a profile."""
    profile = ("--workflow-profile", f"workflow/profiles/{name}")
    result = project.call("snakemake", "-n", *profile, *OWN, *more, code=code)
    return result.stdout + result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("name", NEEDED)
def test_a_profile_is_accepted_and_a_broken_one_refused(name: str, project: Workspace) -> None:
    assert re.search(r"^run +1$", dry_run(project, 0, name, *NEEDED[name]), re.MULTILINE)
    profile = project.root / "workflow" / "profiles" / name / "config.yaml"
    edit(profile, "seconds-between-status-checks:", "seconds-between-checks-of-status:")
    refused = dry_run(project, 2, name, *NEEDED[name])
    assert "unrecognized arguments: --seconds-between-checks-of-status" in refused


@pytest.mark.slow
def test_plugins_say_what_is_missing_or_wrong(project: Workspace) -> None:
    refused = dry_run(project, 1, "aws-batch")
    assert "required arguments are missing for plugin aws-batch" in refused
    volume = ("--kubernetes-persistent-volumes", "no-colon")
    refused = dry_run(project, 1, "kubernetes", *volume)
    assert "Invalid persistent volume spec" in refused


def test_memory_is_what_the_batch_service_takes_as_it_is() -> None:
    """The plugin replaces any other value by the least, without failing."""
    skip_without("snakemake_executor_plugin_aws_batch")
    import yaml
    from snakemake_executor_plugin_aws_batch.constant import VALID_RESOURCES_MAPPING

    profile = yaml.safe_load((ROOT / "workflow/profiles/aws-batch/config.yaml").read_text("utf-8"))
    for resources in profile["set-resources"].values():
        assert 1 in VALID_RESOURCES_MAPPING[resources["mem_mb"]]


def test_the_image_has_the_locked_environment_and_no_sources() -> None:
    text = (ROOT / "Containerfile").read_text("utf-8")
    lines = re.sub(r"\\\n", " ", text).splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    assert {verb for verb, _ in steps} == {"FROM", "ARG", "COPY", "RUN", "WORKDIR", "ENV"}
    copied = [path for verb, rest in steps if verb == "COPY" for path in rest.split()[:-1]]
    assert all(path.startswith("requirements/") for path in copied)
    assert all((ROOT / path).is_file() for path in copied)
    commands = " ".join(rest for verb, rest in steps if verb == "RUN").split("&&")
    installs = [command for command in commands if "pip install" in command]
    assert installs and all("--require-hashes" in command for command in installs)
    assert set(re.findall(r"-r (\S+\.txt)", " ".join(installs))) == set(copied)
    # Where jobs begin in a pod, and where their sources then lie.
    assert ["WORKDIR", "/workdir"] in steps
    assert ["ENV", "PYTHONPATH=/workdir/src"] in steps

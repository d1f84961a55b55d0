"""An S3 server on this machine, and a project whose results lie in a bucket of it."""

import contextlib
import importlib.util
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

BUCKET, PREFIX = "networks", "replication"
NEEDED = ("moto", "flask_cors", "snakemake_storage_plugin_s3")
OPTIONS = (
    "--default-storage-provider",
    "s3",
    "--default-storage-prefix",
    f"s3://{BUCKET}/{PREFIX}",
)
COPY = f".snakemake/storage/s3/{BUCKET}/{PREFIX}/results/smoke"
"""Where the engine keeps local copies of the stored results."""


def skip_without(*modules: str) -> None:
    """Skip where one of ``modules`` is not installed; in CI, where all are, fail."""
    missing = ", ".join(name for name in modules if not importlib.util.find_spec(name))
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI has no {missing}")
    if missing:
        pytest.skip(f"needs {missing}: make setup CLUSTER=1")


@dataclass(frozen=True)
class Bucket:
    """The bucket, as another client sees it."""

    endpoint: str
    resource: Any

    @property
    def variables(self) -> dict[str, str]:
        """The environment of a user: where the storage is and who may use it."""
        return {
            "SNAKEMAKE_STORAGE_S3_ENDPOINT_URL": self.endpoint,
            "SNAKEMAKE_STORAGE_S3_ACCESS_KEY": "somebody",
            "SNAKEMAKE_STORAGE_S3_SECRET_KEY": "a secret",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def paths(self) -> set[str]:
        """Paths below the prefix of everything that it holds."""
        found = self.resource.Bucket(BUCKET).objects.all()
        return {item.key.removeprefix(f"{PREFIX}/") for item in found}

    def read(self, path: str) -> bytes:
        content: bytes = self.resource.Object(BUCKET, f"{PREFIX}/{path}").get()["Body"].read()
        return content

    def delete(self, path: str) -> None:
        self.resource.Object(BUCKET, f"{PREFIX}/{path}").delete()

    def write(self, path: str, content: bytes) -> None:
        self.resource.Object(BUCKET, f"{PREFIX}/{path}").put(Body=content)


@contextlib.contextmanager
def s3_server() -> Iterator[Bucket]:
    """An empty bucket of a server on a free port."""
    skip_without(*NEEDED)
    import boto3
    import requests
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        # What an earlier server of this process was given is still there.
        requests.post(f"{endpoint}/moto-api/reset", timeout=60).raise_for_status()
        resource = boto3.resource(
            "s3",
            endpoint_url=endpoint,
            region_name="us-east-1",
            aws_access_key_id="another",
            aws_secret_access_key="secret",
        )
        resource.create_bucket(Bucket=BUCKET)
        yield Bucket(endpoint, resource)
    finally:
        server.stop()

"""A stand-in for the API of Kubernetes: jobs run on this machine, each in an empty folder.

Only what the executor plugin asks for. A container gets its command, the variables that a secret
brings, and a folder; no file of the machine that submitted it.
"""

import base64
import contextlib
import json
import subprocess
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import urlparse


@dataclass
class Cluster:
    """What was submitted, and what became of it."""

    folder: Path
    image: Mapping[str, str]
    """The environment that the image would bring; ``{workdir}`` stands for the job's folder."""
    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Name -> manifest, as posted."""
    codes: dict[str, int] = field(default_factory=dict)
    """Name -> exit code of the container, once it has ended."""
    secrets: dict[str, dict[str, str]] = field(default_factory=dict)
    one_at_a_time: threading.Lock = field(default_factory=threading.Lock)

    @property
    def config(self) -> Path:
        """A file for the variable KUBECONFIG."""
        return self.folder / "kubeconfig"

    def log(self, name: str) -> str:
        return (self.folder / name / "log").read_text(errors="replace")

    def submit(self, manifest: dict[str, Any]) -> None:
        name = manifest["metadata"]["name"]
        self.jobs[name] = manifest
        threading.Thread(target=self._run, args=(name,), daemon=True).start()

    def status(self, name: str) -> dict[str, int]:
        code = self.codes.get(name)
        if code is None:
            return {"active": 1}
        return {"failed": 1} if code else {"succeeded": 1}

    def _run(self, name: str) -> None:
        container = self.jobs[name]["spec"]["template"]["spec"]["containers"][0]
        place = self.folder / name
        workdir = place / "workdir"
        workdir.mkdir(parents=True)
        environment = {key: text.format(workdir=workdir) for key, text in self.image.items()}
        for variable in container["env"]:
            source = variable["valueFrom"]["secretKeyRef"]
            value = base64.b64decode(self.secrets[source["name"]][source["key"]]).decode()
            environment[variable["name"]] = value
        with self.one_at_a_time, (place / "log").open("wb") as log:
            command = [*container["command"], *container["args"]]
            self.codes[name] = subprocess.run(
                command, cwd=workdir, env=environment, stdout=log, stderr=subprocess.STDOUT
            ).returncode


class _Handler(BaseHTTPRequestHandler):
    cluster: Cluster

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._parts()[0] == "secrets":
            self.cluster.secrets[body["metadata"]["name"]] = body["data"]
        elif self._parts()[0] == "jobs":
            self.cluster.submit(body)
        self._answer(body)

    def do_GET(self) -> None:
        if self._parts()[0] == "pods":
            self._answer({"items": []})
        else:
            self._answer({"status": self.cluster.status(self._parts()[1])})

    def do_DELETE(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer({})

    def _parts(self) -> list[str]:
        """KIND, NAME, ... of a path ``.../namespaces/NAMESPACE/KIND/NAME/...``."""
        parts = urlparse(self.path).path.strip("/").split("/")
        return parts[parts.index("namespaces") + 2 :]

    def _answer(self, body: Any) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: Any) -> None:
        """Nothing on the test's output."""


@contextlib.contextmanager
def cluster(folder: Path, image: Mapping[str, str]) -> Iterator[Cluster]:
    """A cluster whose jobs work below ``folder``."""
    made = Cluster(folder, image)
    handler = type("Handler", (_Handler,), {"cluster": made})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    config = {
        "current-context": "here",
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me"}}],
        "clusters": [
            {"name": "here", "cluster": {"server": f"http://127.0.0.1:{server.server_port}"}}
        ],
        "users": [{"name": "me", "user": {}}],
    }
    made.config.write_text(json.dumps(config))
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

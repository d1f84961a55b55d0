"""What ``reprise status`` and ``reprise plan`` say in a project, without the seconds of starting.

One process has the libraries imported, and forks for every look: the fork imports ``reprise`` and
the papers from the sources of the project that it looks at, as a process of its own would.
"""

import contextlib
import importlib
import io
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the process that forks may not import this project's own modules
    from workspace import State, Workspace

LIBRARIES = ("numpy", "pydantic", "psutil", "rich.console", "rich.table", "typer", "yaml")
VERBS = {"status": ("status", "--json"), "plan": ("plan", "--json")}


@dataclass(frozen=True)
class Look:
    """State of every node and what has to be made, by the short names of ``NODES``."""

    status: "Mapping[str, State]"
    planned: set[str]


class Looker:
    """The process that forks."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-I", __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def look(self, workspace: "Workspace") -> Look:
        """What is said in ``workspace`` now."""
        from workspace import NODES, State

        assert self.process.stdin is not None and self.process.stdout is not None
        self.process.stdin.write(f"{workspace.root}\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        assert "failed" not in said, said["failed"]
        short = {node: name for name, node in NODES.items()}
        return Look(
            {
                short.get(node, node): State(state["state"], tuple(state["reasons"]))
                for node, state in said["status"]["nodes"].items()
            },
            {short.get(job["id"], job["id"]) for job in said["plan"]["jobs"]},
        )

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


def serve() -> None:
    """Answer questions on stdin until it is closed: a line of JSON for each path of a project."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            answer = _answer(Path(line.removesuffix("\n")))
            os.write(1, f"{json.dumps(answer)}\n".encode())
            os._exit(0)
        os.waitpid(pid, 0)


def _answer(root: Path) -> dict[str, Any]:
    os.chdir(root)
    sys.path.insert(0, str(root / "src"))
    from reprise.cli import main

    said = {}
    for verb, arguments in VERBS.items():
        sys.argv = ["reprise", *arguments]
        out, errors = io.StringIO(), io.StringIO()
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(errors):
                main()
        except SystemExit:
            pass
        except Exception as error:
            return {"failed": f"{verb}: {error!r}"}
        try:
            said[verb] = json.loads(out.getvalue())
        except ValueError:
            return {"failed": f"{verb}: {out.getvalue()}{errors.getvalue()}"}
    return said


if __name__ == "__main__":
    serve()

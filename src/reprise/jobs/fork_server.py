"""A process that has the libraries imported already, and forks one worker per job.

Importing JAX, pandas and Matplotlib takes longer than most tables and figures. ``reprise make``
hands its node over (``forward``) and gets the exit code back. The client has to start at once:
nothing here imports more than the standard library.
"""

import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

VARIABLE = "REPRISE_FORK_SERVER"
"""Names the socket of the fork server; ``reprise run`` starts one where it is not set."""
SWITCH = "REPRISE_FORK"
"""Environment variable: ``0`` starts every job afresh, ``1`` forks it, whatever the system."""

_LIBRARIES = {
    "figure": ("reprise.plotting.theme", "reprise.plotting.render"),
    "table": ("pandas", "scipy.special"),
    "verdict": ("pandas", "scipy.special"),
    "report": ("jinja2", "pandas"),
    "dataset": ("numpy",),
    "run": ("reprise.jobs.train",),
}
"""Kind of node -> what it imports, in this order."""


def may_fork() -> bool:
    """Whether jobs may be forks of a process with libraries in it: macOS forbids its own that."""
    return os.environ.get(SWITCH, "0" if sys.platform == "darwin" else "1") != "0"


def serve(path: Path, kinds: Sequence[str]) -> None:
    """Import what nodes of ``kinds`` need, then fork a worker per connection until stdin is closed.

    Whoever starts this process holds the other end of its stdin, so it never outlives them.
    """
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    for kind, names in _LIBRARIES.items():
        for name in names if kind in kinds else ():
            importlib.import_module(name)
    importlib.import_module("reprise.jobs.make")
    gc.collect()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        if sys.stdin in ready:
            path.unlink(missing_ok=True)
            return
        connection, _ = listener.accept()
        if os.fork() == 0:
            listener.close()
            os._exit(work(connection))
        connection.close()


def work(connection: socket.socket) -> int:
    """In the fork: take over the client's outputs and folder, make the node, answer exit code."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    message, descriptors, _, _ = socket.recv_fds(connection, 65536, 2)
    for target, descriptor in enumerate(descriptors, start=1):
        os.dup2(descriptor, target)
    folder, client, *arguments = message.decode().split("\0")
    os.chdir(folder)
    connection.sendall(f"{os.getpid()}\n".encode())
    from reprise.jobs.make import main

    code = main(arguments, int(client))
    sys.stdout.flush()
    sys.stderr.flush()
    connection.sendall(f"{code}\n".encode())
    return code


def forward(arguments: list[str]) -> int | None:
    """Exit code of the job, made by a worker of the fork server; None where there is none."""
    path = os.environ.get(VARIABLE)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path or "")
    except OSError:
        connection.close()
        return None
    message = "\0".join([str(Path.cwd()), str(os.getpid()), *arguments]).encode()
    socket.send_fds(connection, [message], [sys.stdout.fileno(), sys.stderr.fileno()])
    with connection.makefile() as answers:
        worker = answers.readline()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda got, frame: _pass_on(int(worker), got))
        code = answers.readline()
    if not code:
        print("the worker died before it finished", file=sys.stderr)
        return 1
    return int(code)


def _pass_on(worker: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(worker, number)


if __name__ == "__main__":
    serve(Path(sys.argv[1]), sys.argv[2:])

"""Hand a job to the fork server, where there is one. Imports nothing but the standard library."""

import contextlib
import os
import signal
import socket
import sys

VARIABLE = "REPRISE_FORK_SERVER"
"""Names the socket of the fork server; set by ``reprise run`` for the jobs that it starts."""


def forward(arguments: list[str]) -> int | None:
    """Exit code of the job, made by a worker of the fork server; None where there is none."""
    path = os.environ.get(VARIABLE)
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(path or "")
    except OSError:
        return None
    message = "\0".join([os.getcwd(), *arguments]).encode()
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

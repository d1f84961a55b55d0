"""The process behind ``forked_jobs``: it puts a fault into each job's process before it works.

Those are forks that have the libraries, or, where the system forbids that, processes of their own.
"""

import contextlib
import fcntl
import fnmatch
import importlib
import json
import os
import select
import signal
import socket
import struct
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import psutil

LIBRARIES = (
    *("flax.nnx", "jax", "jinja2", "matplotlib.pyplot", "optax", "pandas", "pydantic"),
    *("safetensors.numpy", "scipy.special", "seaborn", "yaml"),
)
"""Nothing of this project: each fork imports the sources of its own."""


def serve(path: str, forks: bool) -> None:
    """Work for every connection to ``path``, and for every line of JSON on stdin until its end."""
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(path)
    listener.listen(64)
    for name in LIBRARIES if forks else ():
        importlib.import_module(name)
    workers: list[int] = []
    while True:
        ready, _, _ = select.select([listener, sys.stdin], [], [])
        workers = [pid for pid in workers if not os.waitpid(pid, os.WNOHANG)[0]]
        if listener in ready:
            connection, _ = listener.accept()
            pid = os.fork()
            if pid == 0:
                listener.close()
                os._exit(_forwarded(connection))
            connection.close()
            workers.append(pid)
        elif line := sys.stdin.readline():
            sys.stdout.write(f"{json.dumps(_answer(json.loads(line), forks))}\n")
            sys.stdout.flush()
        else:
            return


def _answer(question: dict[str, Any], forks: bool) -> int | None:
    if "wait" in question:
        pid, status = os.waitpid(question["wait"], os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if pid else None
    if not forks:
        command = [sys.executable, __file__, "work", json.dumps(question)]
        return os.posix_spawn(sys.executable, command, os.environ)
    pid = os.fork()
    if pid == 0:
        os._exit(_work(question))
    return pid


def _forwarded(connection: socket.socket) -> int:
    """A job of the engine, in the surroundings of the process that asks for it."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    client, *_ = struct.unpack("3i", credentials)
    _enter(psutil.Process(client).environ())
    from reprise.jobs.fork_server import work

    return work(connection)


def _enter(variables: Mapping[str, str]) -> None:
    """What ``reprise make`` does first, with the sources and settings of ``variables``."""
    sys.path[:0] = variables["PYTHONPATH"].split(os.pathsep)
    from reprise.surroundings import enter, of_jobs

    enter(of_jobs(variables))
    time.tzset()
    _choose_device()


def _work(question: dict[str, Any]) -> int:
    os.setsid()
    with contextlib.suppress(OSError):
        os.close(0)
    log = os.open(question["log"], os.O_WRONLY | os.O_APPEND)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.chdir(question["folder"])
    _enter(question["variables"])
    if question["cpus"]:
        os.sched_setaffinity(0, question["cpus"])
    if question["clock_backwards"]:
        _turn_the_clock_back()
    if question["out_of_memory"]:
        _run_out_of_memory()
    if question["kill_at"]:
        _kill_at(**question["kill_at"])
    from reprise.jobs.make import main

    code = main([question["node_file"]])
    sys.stdout.flush()
    sys.stderr.flush()
    return code


def _choose_device() -> None:
    """What importing JAX would have done with the variable."""
    import jax

    if platforms := os.environ.get("JAX_PLATFORMS"):
        jax.config.update("jax_platforms", platforms)


def _kill_at(call: str, pattern: str, count: int) -> None:
    real = getattr(os, call)
    calls = 0

    def counted(place: Any, *more: Any, **options: Any) -> Any:
        nonlocal calls
        path = str(more[0] if more else place)
        if isinstance(place, int):
            path = _path_of(place)
        calls += fnmatch.fnmatch(path, pattern)
        if calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(place, *more, **options)

    setattr(os, call, counted)


def _path_of(descriptor: int) -> str:
    if sys.platform == "darwin":
        return fcntl.fcntl(descriptor, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0").decode()
    return str(Path(f"/proc/self/fd/{descriptor}").readlink())


def _turn_the_clock_back() -> None:
    """Every look at the clock says an hour less than the last one."""
    real, looks = time.time, 0

    def earlier() -> float:
        nonlocal looks
        looks += 1
        return real() - 3600 * looks

    time.time = earlier


def _run_out_of_memory() -> None:
    """The error of a device that cannot hold the batch, at the first step of the training."""
    from jax.errors import JaxRuntimeError

    from reprise.training.program import Program

    def advance(*arguments: Any) -> Any:
        raise JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 99 bytes.")

    Program.advance = advance


if __name__ == "__main__":
    what, given = sys.argv[1:]
    sys.exit(_work(json.loads(given)) if what == "work" else serve(given, what == "fork"))

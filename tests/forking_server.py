"""The process behind ``forked_jobs``: it puts a fault into each fork before it works."""

import contextlib
import fnmatch
import importlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

from reprise.surroundings import of_jobs

LIBRARIES = (
    "reprise.jobs.make",
    "reprise.jobs.train",
    "reprise.training.optimizers",
    "reprise.plotting.theme",
    "reprise.plotting.render",
    "reprise.report.html",
    "scipy.special",
)


def serve() -> None:
    """Answer questions on stdin until it is closed: a line of JSON each."""
    for name in LIBRARIES:
        importlib.import_module(name)
    for line in sys.stdin:
        question = json.loads(line)
        if "wait" in question:
            pid, status = os.waitpid(question["wait"], os.WNOHANG)
            answer = os.waitstatus_to_exitcode(status) if pid else None
        else:
            answer = os.fork()
            if answer == 0:
                os._exit(_work(question))
        sys.stdout.write(f"{json.dumps(answer)}\n")
        sys.stdout.flush()


def _work(question: dict[str, Any]) -> int:
    os.setsid()
    with contextlib.suppress(OSError):
        os.close(0)
    log = os.open(question["log"], os.O_WRONLY | os.O_APPEND)
    for descriptor in (1, 2):
        os.dup2(log, descriptor)
    os.chdir(question["folder"])
    os.environ.update(question["variables"])
    # What ``reprise make`` does first.
    wanted = of_jobs()
    os.environ.clear()
    os.environ.update(wanted)
    time.tzset()
    _choose_device()
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
            path = str(Path(f"/proc/self/fd/{place}").readlink())
        calls += fnmatch.fnmatch(path, pattern)
        if calls == count:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(place, *more, **options)

    setattr(os, call, counted)


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
    serve()

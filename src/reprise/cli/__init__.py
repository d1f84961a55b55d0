"""The ``reprise`` command. One file per verb; each is a thin shell over the rooms that do the work.

Exit codes: 0 ok, 1 a job failed, 2 bad usage or config, 3 stale or missing, 4 tampered or
unverifiable; 128 + n where signal n stopped it.
"""

import os
import sys

_ONE_THREAD = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")


def main() -> None:
    """Entry point: the jobs' own verb goes straight to work, others through the full interface."""
    # Jobs fill the cores; threads of a linear algebra library beside them only wait for each other.
    for name in _ONE_THREAD:
        os.environ.setdefault(name, "1")
    if sys.argv[1:2] == ["make"]:
        sys.exit(_make(sys.argv[2:]))
    from reprise.cli.app import run_app

    run_app()


def _make(arguments: list[str]) -> int:
    from reprise.jobs.fork_server import forward

    code = forward(arguments)
    if code is not None:
        return code
    from reprise.jobs.make import main

    return main(arguments)

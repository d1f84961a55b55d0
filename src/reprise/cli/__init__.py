"""The ``reprise`` command: thin shells over the rooms that do the work, one file a subject.

Exit codes: 0 ok, 1 a job failed, 2 bad usage or config, 3 stale or missing, 4 tampered or
unverifiable; 128 + n where signal n stopped it.
"""

import sys

_COMPUTE = ("make", "verify")
_START_JOBS = ("challenge", "figure", "run")


def main() -> None:
    """Entry point: the jobs' own verb goes straight to work, others through the full interface."""
    verb, arguments = next(iter(sys.argv[1:]), ""), sys.argv[2:]
    if verb == "make":
        from reprise.jobs.fork_server import forward

        code = forward(arguments)
        if code is not None:
            sys.exit(code)
    _set_surroundings(verb)
    if verb == "make":
        from reprise.jobs.make import main

        sys.exit(main(arguments))
    from reprise.cli.app import run_app

    run_app()


def _set_surroundings(verb: str) -> None:
    """Before anything is imported that reads environment variables."""
    from reprise import surroundings

    if verb in (*_COMPUTE, *_START_JOBS) and (in_vain := surroundings.ignored()):
        print(in_vain, file=sys.stderr)
    if verb in _COMPUTE:
        surroundings.settle()
    else:
        surroundings.enter(surroundings.of_engine())

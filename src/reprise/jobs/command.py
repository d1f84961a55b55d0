"""``reprise make NODE_FILE [RECORD]``: make one node. The rules call it; a person can, too."""

import logging
import os
import sys
import traceback
from pathlib import Path

from reprise.jobs.make import CodeChanged, make
from reprise.jobs.train import Interrupted
from reprise.project import find_project
from reprise.specs.errors import WRONG_INPUT, ConfigError
from reprise.storage.tensors import DamagedFile

_EXPECTED = (CodeChanged, DamagedFile, FloatingPointError, OSError)
"""Failures whose message says all; others are faults of ours and come with a traceback."""


def main(arguments: list[str]) -> int:
    """Exit code of making the node in the file ``arguments[0]``.

    ``arguments[1]`` is where its record is to be, if not in the project's own tree.
    """
    logging.basicConfig(format="%(levelname)s %(message)s", stream=sys.stderr)
    logging.getLogger("reprise").setLevel(logging.INFO)
    if len(arguments) not in (1, 2) or arguments[0].startswith("-"):
        print(
            "usage: reprise make NODE_FILE [RECORD]  (one of .reprise/nodes, which 'reprise plan' "
            "writes; the place of the record, if not in results/)",
            file=sys.stderr,
        )
        return 2
    try:
        project = find_project()
        os.environ.setdefault("MPLCONFIGDIR", str(project.cache / "libraries" / "matplotlib"))
        node = make(project, Path(arguments[0]), _echo, *map(Path, arguments[1:]))
    except ConfigError as error:
        print(f"{WRONG_INPUT}{error}", file=sys.stderr)
        return 2
    except Interrupted as error:
        print(error, file=sys.stderr)
        return 128 + error.number
    except Exception as error:
        if isinstance(error, _EXPECTED):
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        else:
            traceback.print_exc()
        return 1
    print(f"made {node.id}")
    return 0


def _echo(line: str) -> None:
    print(line, flush=True)

"""What the paper, its released program and a re-run of it report, for marks beside our values."""

import pandas as pd

from reprise.results import Inputs

COLUMNS = (
    "reference model row comparison task measure layer variant split length quantity value source"
).split()


def points(inputs: Inputs) -> pd.DataFrame:
    """The rows of all references (``reference`` is the file's name), with ``COLUMNS``."""
    parts = [frame.assign(reference=name) for name, frame in sorted(inputs.reference.items())]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)

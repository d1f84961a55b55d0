"""What the authors stored behind their figures, for marks beside our curves."""

import pandas as pd

from reprise.results import Inputs

COLUMNS = ["figure", "model", "quantity", "layer", "head", "t", "step", "value", "source"]


def points(inputs: Inputs) -> pd.DataFrame:
    """The rows of all references, with the columns ``COLUMNS`` (empty where they mean nothing)."""
    parts = [frame.assign(figure=name) for name, frame in sorted(inputs.reference.items())]
    if not parts:
        return pd.DataFrame(columns=COLUMNS)
    return pd.concat(parts, ignore_index=True).reindex(columns=COLUMNS)

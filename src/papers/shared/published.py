"""What authors published or stored behind their figures, for marks beside our values."""

import pandas as pd

from reprise.results import Inputs


def published(inputs: Inputs) -> pd.DataFrame:
    """The rows of all reference files, one below the other, with the columns of ``columns``.

    A cell is empty where a file does not have its column. Params: ``columns``; and ``file``, the
    column that holds the name of the file.
    """
    columns = [str(name) for name in inputs.params["columns"]]
    file = str(inputs.params["file"])
    parts = [frame.assign(**{file: name}) for name, frame in sorted(inputs.reference.items())]
    if not parts:
        return pd.DataFrame(columns=columns)
    return pd.concat(parts, ignore_index=True).reindex(columns=columns)

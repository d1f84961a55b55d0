"""Drops of perplexity over the rate of momentum attention."""

import pandas as pd

from papers.dai2022.tables.language_models import VANILLA
from papers.dai2022.tables.momentum import over_seeds
from reprise.results import Inputs


def drops(inputs: Inputs) -> pd.DataFrame:
    """``variant``, ``eta``, ``split``, ``length``, ``drop``, ``low``, ``high`` and ``seeds``.

    From a table of perplexities: mean over seeds of the drop against vanilla (percent), with its
    95 % interval over seeds.
    """
    (table,) = inputs.tables.values()
    rows = []
    others = table[(table["variant"] != VANILLA) & table["drop"].notna()]
    keys = ["variant", "eta", "split", "length"]
    for place, own in others.groupby(keys, sort=False, dropna=False):
        values = own["drop"].to_numpy(float)
        rows.append((*place, *over_seeds(values), len(values)))
    return pd.DataFrame(rows, columns=[*keys, "drop", "low", "high", "seeds"])

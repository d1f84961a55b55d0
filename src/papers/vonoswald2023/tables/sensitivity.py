"""What the first layer depends on, along training: Figures 16, 22 and 23."""

import numpy as np
import pandas as pd

from papers.vonoswald2023.analysis.sensitivity import sensitivities
from papers.vonoswald2023.tables.networks import trained
from reprise.results import Inputs, snapshot
from reprise.training.network import network
from reprise.training.progress import counted

NEWEST = 6
"""Tokens that are followed one by one; those before are averaged."""


def sensitivity_table(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``seed``, ``step``, ``back`` (6: all earlier tokens), ``sensitivity``.

    ``back`` is T - t'. At every snapshot of the first network of a run, at the last one of the
    others; one dataset. Params: ``sequences``.
    """
    (data,) = inputs.datasets.values()
    x = np.asarray(data["observations"], float)[: int(inputs.params["sequences"]), :-1]
    rows = []
    for model, result in counted(inputs.runs.items(), "networks"):
        steps = list(enumerate(result.snapshot_steps))
        for number, one in enumerate(trained(result)):
            for index, step in steps if number == 0 else steps[-1:]:
                params = snapshot(result, one.member, index)
                found = sensitivities(network(one.spec, params), x)[::-1]
                values = [*found[:NEWEST], found[NEWEST:].mean()]
                rows += [(model, one.seed, int(step), b, float(v)) for b, v in enumerate(values)]
    return pd.DataFrame(rows, columns=["model", "seed", "step", "back", "sensitivity"])


def sensitivity_summary(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``seed``, ``quantity``, ``value``: ratios of sensitivities at the last snapshot.

    ``previous_over_current`` is S(T - 1) / S(T), ``three_over_previous`` S(T - 3) / S(T - 1),
    ``three_over_current`` S(T - 3) / S(T), ``five_over_current`` S(T - 5) / S(T). Reads tables of
    ``sensitivity_table``.
    """
    table = pd.concat(inputs.tables.values(), ignore_index=True)
    found = []
    for (model, seed), rows in table.groupby(["model", "seed"], sort=False):
        last = rows[rows["step"] == rows["step"].max()].set_index("back")["sensitivity"]
        ratios = {
            "previous_over_current": last[1] / last[0],
            "three_over_previous": last[3] / last[1],
            "three_over_current": last[3] / last[0],
            "five_over_current": last[5] / last[0],
        }
        found += [(model, seed, name, float(value)) for name, value in ratios.items()]
    return pd.DataFrame(found, columns=["model", "seed", "quantity", "value"])

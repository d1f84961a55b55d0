"""What the first layer depends on, along training: Figures 16, 22 and 23."""

import numpy as np
import pandas as pd

from papers.shared.trained_network import network
from papers.vonoswald2023.analysis.sensitivity import sensitivities
from reprise.results import Inputs, finished, member_spec, snapshot
from reprise.stats.resampling import summary_frame
from reprise.training.progress import done, expect

NEWEST = 6
"""Tokens that are followed one by one; those before are averaged."""


def sensitivity_table(inputs: Inputs) -> pd.DataFrame:
    """``run``, ``step``, ``back`` (T - t'; 6 stands for all earlier tokens), ``sensitivity``.

    First members of runs with snapshots of their parameters; one dataset. Params: ``sequences``.
    """
    (data,) = inputs.datasets.values()
    x = np.asarray(data["observations"], float)[: int(inputs.params["sequences"]), :-1]
    rows = []
    expect(sum(len(result.snapshot_steps) for result in inputs.runs.values()), "snapshots")
    for run, result in inputs.runs.items():
        for member in finished(result)[:1]:
            for index, step in enumerate(result.snapshot_steps):
                params = snapshot(result, member, index)
                found = sensitivities(network(member_spec(result, member), params), x)[::-1]
                values = [*found[:NEWEST], found[NEWEST:].mean()]
                rows += [(run, int(step), back, float(v)) for back, v in enumerate(values)]
                done()
    return pd.DataFrame(rows, columns=["run", "step", "back", "sensitivity"])


def sensitivity_summary(inputs: Inputs) -> pd.DataFrame:
    """``source`` (run) and ``quantity``: ratios of sensitivities at the last snapshot.

    ``previous_over_current`` is S(T - 1) / S(T), ``three_over_previous`` S(T - 3) / S(T - 1),
    ``three_over_current`` S(T - 3) / S(T), ``five_over_current`` S(T - 5) / S(T). Reads tables of
    ``sensitivity_table``.
    """
    table = pd.concat(inputs.tables.values(), ignore_index=True)
    found = {}
    for run, rows in table.groupby("run", sort=False):
        last = rows[rows["step"] == rows["step"].max()].set_index("back")["sensitivity"]
        found[str(run)] = {
            "previous_over_current": float(last[1] / last[0]),
            "three_over_previous": float(last[3] / last[1]),
            "three_over_current": float(last[3] / last[0]),
            "five_over_current": float(last[5] / last[0]),
        }
    return summary_frame(found)

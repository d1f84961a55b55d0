"""What the claims on probes are judged by (Figures 4E, F, 11B, 12B)."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from papers.vonoswald2023.tables.probes import PRECONDITIONED, TARGET
from reprise.results import Inputs

SAMPLES = ("held_out", "in_sample")
FROM = 10
"""Targets are read from here on: before, there is little to learn from."""
TIE = 1.05
"""Errors of two layers within a twentieth are equal."""
TWO_TIES = 2
"""What one layer counts that is worse than the one before by more than a tie."""
LATE = (10, 15, 20, 25, 30, 35)
TARGET_AT, PRECONDITIONED_AT, BOTH_AT = 30, 20, (10, 20)
LAYER = 4
"""Where the preconditioned input has been computed in a network of six layers."""


def probe_summary(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``seed``, ``sample``, ``quantity`` and ``value``: see ``summarised``.

    Quantities: see ``target`` and ``preconditioned``.
    """
    return summarised(
        inputs, lambda errors: target(errors[TARGET]) | preconditioned(errors[PRECONDITIONED])
    )


def summarised(
    inputs: Inputs, quantities: Callable[[dict[str, pd.DataFrame]], dict[str, float]]
) -> pd.DataFrame:
    """``model``, ``seed``, ``sample``, ``quantity``, ``value`` of a table of probes.

    ``sample`` is held_out (what claims go by) or in_sample (what the authors show). ``quantities``
    gets the errors of every probe, a row per layer from the input on and a column per t from 1.
    """
    (table,) = inputs.tables.values()
    rows = []
    own = table[table["source"] == "ours"]
    for (model, seed), errors in own.groupby(["model", "seed"], sort=False):
        for sample in SAMPLES:
            wide = {
                str(probe): part.pivot(index="layer", columns="t", values=sample)
                for probe, part in errors.groupby("probe")
            }
            found = quantities(wide)
            rows += [(model, seed, sample, name, value) for name, value in found.items()]
    return pd.DataFrame(rows, columns=["model", "seed", "sample", "quantity", "value"])


def target(errors: pd.DataFrame) -> dict[str, float]:
    """How what is known of the next observation grows with depth.

    ``target_ties``: at the worst t of 10 or more, layers that do not improve on the one before, two
    for one that is worse by more than a tie; ``target_fall``: error of the input over that of the
    last layer at t = 30; ``target_late``: in the last layer, the largest ratio of errors five
    tokens apart from t = 10 to 35.
    """
    values = errors.to_numpy()
    ratios = values[1:, FROM - 1 :] / values[:-1, FROM - 1 :]
    ties = ((ratios >= 1).astype(int) + (TWO_TIES - 1) * (ratios > TIE)).sum(axis=0)
    last = errors.iloc[-1]
    late = last[list(LATE)].to_numpy()
    return {
        "target_ties": float(ties.max()),
        "target_fall": float(errors.loc[0, TARGET_AT] / last[TARGET_AT]),
        "target_late": float((late[1:] / late[:-1]).max()),
    }


def preconditioned(errors: pd.DataFrame) -> dict[str, float]:
    """How what is known of the preconditioned input grows with depth.

    At t = 20: ``preconditioned_fall``, error of the input over that of layer 4 (the last one of a
    shallower network), ``preconditioned_late``, the largest error from there on over the least at
    all, ``preconditioned_depth``, error of the input over that of the last layer, and
    ``preconditioned_both``, the smaller one of that at t = 10 and 20.
    """
    at = errors[PRECONDITIONED_AT].to_numpy()
    layer = min(LAYER, len(at) - 1)
    depths = errors.loc[0, list(BOTH_AT)] / errors.iloc[-1][list(BOTH_AT)]
    return {
        "preconditioned_fall": float(at[0] / at[layer]),
        "preconditioned_late": float(at[layer:].max() / at.min()),
        "preconditioned_depth": float(at[0] / at[-1]),
        "preconditioned_both": float(np.min(depths.to_numpy())),
    }

"""The shown network of modular addition along its training, for a slider over steps."""

import numpy as np
import pandas as pd

from papers.pearce2023.analysis.frequency_groups import at
from papers.pearce2023.tables import main_runs
from papers.pearce2023.tables.main_weights import DECIMALS
from reprise.results import Inputs

FRAMES = 51
"""At most so many snapshots, evenly spaced from the first one on."""
COARSE = 2
"""Decimals of a weight, which is seen as a colour."""


def frames(inputs: Inputs) -> pd.DataFrame:
    """W_input and the vectors of every neuron: a row per snapshot and neuron.

    ``step``, ``neuron``, its final ``frequency`` (0: in no group), its ``position`` when sorted by
    (frequency, phase); ``in_cos``, ``in_sin``, ``out_cos``, ``out_sin``, its vectors at that
    frequency; ``number_0`` ..., its weights in W_input.
    """
    run = inputs.runs["main"]
    member = main_runs.shown(run)
    final = main_runs.final_neurons(run, member)
    count = len(run.snapshot_steps)
    every = max(1, -(-(count - 1) // (FRAMES - 1)))
    parts = []
    for index in range(0, count, every):
        weights = main_runs.weights(run, member, index)
        now = at(*weights, final)
        columns = {
            "step": int(run.snapshot_steps[index]),
            "neuron": np.arange(len(final.group)),
            "frequency": final.group,
            "position": main_runs.position(final),
            "in_cos": now.in_vector[:, 0].round(DECIMALS),
            "in_sin": now.in_vector[:, 1].round(DECIMALS),
            "out_cos": now.out_vector[:, 0].round(DECIMALS),
            "out_sin": now.out_vector[:, 1].round(DECIMALS),
        }
        waves = weights.w_input.T.round(COARSE)
        columns |= {f"number_{number}": waves[:, number] for number in range(waves.shape[1])}
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)

"""Logits that each frequency group of the shown network contributes (F19 of Pearce et al. 2023)."""

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import frequency_groups as groups
from papers.pearce2023.tables import main_runs
from reprise.results import Inputs

TOTAL = 0
"""``frequency`` of the rows about all neurons together."""


def examples(inputs: Inputs) -> pd.DataFrame:
    """Centred logits of example inputs, one row per input, group and output.

    ``a``, ``b``, ``answer``, ``frequency`` (0: the whole network), ``output``, ``logit`` and
    ``theory``: the best-amplitude cosine of that input and group (for the whole network, their
    sum). Params: ``pairs`` [[a, b], ...].
    """
    run = inputs.runs["main"]
    w_input, w_output = main_runs.weights(run, main_runs.shown(run))
    neurons = groups.analyse(w_input, w_output)
    modulus = len(w_input)
    logits = {
        frequency: groups.group_logits(w_input, w_output, neurons.group == frequency)
        for frequency in neurons.groups
    }
    theory = {
        frequency: groups.cosine_fit(values, frequency)[0][..., None]
        * groups.cosine(modulus, frequency)
        for frequency, values in logits.items()
    }
    theory[TOTAL] = sum(theory.values(), start=np.zeros((modulus,) * 3))
    logits[TOTAL] = groups.group_logits(w_input, w_output, np.arange(w_input.shape[1]))
    frames = [
        pd.DataFrame(
            {
                "a": a,
                "b": b,
                "answer": (a + b) % modulus,
                "frequency": frequency,
                "output": range(modulus),
                "logit": groups.centred(logits[frequency])[a, b].round(4),
                "theory": theory[frequency][a, b].round(4),
            }
        )
        for a, b in inputs.params["pairs"]
        for frequency in [*neurons.groups, TOTAL]
    ]
    return pd.concat(frames, ignore_index=True)


def fits(inputs: Inputs) -> pd.DataFrame:
    """How well cosines describe each group's logits on all 67 * 67 inputs, one row per group.

    ``frequency``, ``neurons``, ``r2`` (one amplitude per input) and ``r2_one_amplitude`` (amplitude
    proportional to |cos(pi f (a - b) / 67)|). The last row (frequency 0) is the whole network:
    ``accuracy`` on all inputs; ``accuracy`` of a group is that of its logits alone.
    """
    run = inputs.runs["main"]
    return group_fits(main_runs.weights(run, main_runs.shown(run)))


def group_fits(weights: main_runs.Weights) -> pd.DataFrame:
    """The table ``fits`` of given weights."""
    neurons = groups.analyse(*weights)
    rows = []
    for frequency in neurons.groups:
        members = neurons.group == frequency
        logits = groups.group_logits(*weights, members)
        rows.append(
            {
                "frequency": frequency,
                "neurons": int(members.sum()),
                "r2": groups.cosine_fit(logits, frequency)[1],
                "r2_one_amplitude": groups.one_amplitude_fit(logits, frequency),
                "accuracy": groups.accuracy(logits),
            }
        )
    everyone = np.arange(len(neurons.group))
    whole = groups.accuracy(groups.group_logits(*weights, everyone))
    rows.append({"frequency": TOTAL, "neurons": len(everyone), "accuracy": whole})
    return pd.DataFrame(
        rows, columns=["frequency", "neurons", "r2", "r2_one_amplitude", "accuracy"]
    )

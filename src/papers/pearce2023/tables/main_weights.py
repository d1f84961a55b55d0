"""Weights of the shown network at a few stages, and their Fourier transform (F2, F3, F15-F18)."""

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import fourier
from papers.pearce2023.analysis.frequency_groups import Neurons, at
from papers.pearce2023.tables import main_runs
from reprise.results import Inputs, RunResult

DECIMALS = 4
"""Weights are of size 5 and coefficients of size 20; what is drawn needs no more."""


def waves(inputs: Inputs) -> pd.DataFrame:
    """W_input and W_output over the numbers (F2, F3, F15): one row per stage, matrix and weight.

    ``stage``, ``step``, ``matrix``, ``neuron``, its final ``frequency`` (0: in no group), its
    ``position`` when sorted by (frequency, phase), ``number``, ``weight``.
    """
    run = inputs.runs["main"]
    member = main_runs.shown(run)
    neurons = main_runs.final_neurons(run, member)
    frames = []
    for stage in main_runs.stages(run, member):
        w_input, w_output = main_runs.weights(run, member, stage.snapshot)
        for name, values in (("W_input", w_input.T), ("W_output", w_output)):
            frames.append(_per_neuron(stage, name, neurons, values, "number", "weight"))
    return pd.concat(frames, ignore_index=True)


def dft(inputs: Inputs) -> pd.DataFrame:
    """D(W_input) and D(W_output) (F16), one row per stage, matrix, neuron and coefficient.

    As ``waves``, with ``coefficient`` 0..66 (constant, cos 1, sin 1, ...) and its signed ``value``.
    """
    run = inputs.runs["main"]
    member = main_runs.shown(run)
    neurons = main_runs.final_neurons(run, member)
    frames = []
    for stage in main_runs.stages(run, member):
        if stage.name == "waiting":
            continue
        w_input, w_output = main_runs.weights(run, member, stage.snapshot)
        for name, values in (("W_input", w_input), ("W_output", w_output.T)):
            rows = fourier.transform(values).T
            frames.append(_per_neuron(stage, name, neurons, rows, "coefficient", "value"))
    return pd.concat(frames, ignore_index=True)


def vectors(inputs: Inputs) -> pd.DataFrame:
    """Each grouped neuron's (cos, sin) at its final frequency (F17, F18), per stage and matrix.

    ``stage``, ``step``, ``frequency``, ``neuron``, ``position``, ``matrix``, ``cos``, ``sin``.
    """
    run = inputs.runs["main"]
    member = main_runs.shown(run)
    final = main_runs.final_neurons(run, member)
    position = main_runs.position(final)
    rows = []
    for stage in main_runs.stages(run, member):
        if stage.name not in ("memorising", "turning", "end"):
            continue
        now = at(*main_runs.weights(run, member, stage.snapshot), final)
        for neuron in np.flatnonzero(final.group > 0):
            for matrix, vector in (("W_input", now.in_vector), ("W_output", now.out_vector)):
                cos, sin = vector[neuron].round(DECIMALS).tolist()
                rows.append(
                    (
                        stage.name,
                        stage.step,
                        int(final.group[neuron]),
                        int(neuron),
                        int(position[neuron]),
                        matrix,
                        cos,
                        sin,
                    )
                )
    columns = ["stage", "step", "frequency", "neuron", "position", "matrix", "cos", "sin"]
    return pd.DataFrame(rows, columns=columns)


def progress(inputs: Inputs) -> pd.DataFrame:
    """How periodic the weights are at every snapshot of every seed (F2, F16).

    ``seed``, ``shown``, ``step``, ``matrix``, ``concentration`` (share of power in the five
    strongest frequencies), ``own`` (median over neurons of the power share in the best frequency)
    and ``large`` (share of DFT coefficients above 1 in size).
    """
    run = inputs.runs["main"]
    chosen = main_runs.shown(run)
    frames = [
        measures.assign(seed=int(run.members.loc[member, "seed"]), shown=member == chosen)
        for member in range(len(run.views))
        for measures in _progress(run, member)
    ]
    columns = ["seed", "shown", "step", "matrix", "concentration", "own", "large"]
    return pd.concat(frames, ignore_index=True)[columns]


def _progress(run: RunResult, member: int) -> list[pd.DataFrame]:
    view = run.views[member]
    frames = []
    for name, values in (
        ("W_input", view["W_input"]),
        ("W_output", np.swapaxes(view["W_output"], 1, 2)),
    ):
        coefficients = fourier.transform(values)
        measures = {
            "concentration": fourier.concentration(values),
            "own": np.median(fourier.own_share(values), axis=-1),
            "large": (np.abs(coefficients) > 1).mean(axis=(1, 2)),
        }
        rounded = {key: value.round(6) for key, value in measures.items()}
        frames.append(pd.DataFrame({"step": run.snapshot_steps, "matrix": name, **rounded}))
    return frames


def _per_neuron(
    stage: main_runs.Stage,
    matrix: str,
    neurons: Neurons,
    values: np.ndarray,
    axis: str,
    column: str,
) -> pd.DataFrame:
    """Long form of ``values`` [neuron, axis]."""
    neuron, index = (grid.ravel() for grid in np.indices(values.shape))
    return pd.DataFrame(
        {
            "stage": stage.name,
            "step": stage.step,
            "matrix": matrix,
            "neuron": neuron,
            "frequency": neurons.group[neuron],
            "position": main_runs.position(neurons)[neuron],
            axis: index,
            column: values.ravel().round(DECIMALS),
        }
    )

"""One number per row: what the claims about the main network are judged by."""

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import events, fourier
from papers.pearce2023.analysis.classes import extremes
from papers.pearce2023.analysis.frequency_groups import Neurons
from papers.pearce2023.tables import main_logits, main_runs
from reprise.results import Inputs, RunResult

STRONG = 10.0
"""Least norm of a neuron's input vector for its doubled angle to be measured."""
RING = (5, 7)
"""Sizes of the groups whose phases have to be evenly spread."""
GENERALISED = 0.99
"""Final test accuracy from which the structure of the solution is judged."""


def main_summary(inputs: Inputs) -> pd.DataFrame:
    """``quantity``, ``seed``, ``shown``, ``value`` of every seed; NaN where it never happened.

    Steps are training steps, angles degrees, losses nats per example and class.
    """
    run = inputs.runs["main"]
    events = main_runs.run_events(run.metrics)
    chosen = main_runs.shown_member(events)
    per_member = {member: _member(run, member, events.loc[member]) for member in events.index}
    rows = [
        (quantity, int(run.members.loc[member, "seed"]), member == chosen, float(value))
        for member, quantities in per_member.items()
        for quantity, value in quantities.items()
    ]
    return pd.DataFrame(rows, columns=["quantity", "seed", "shown", "value"])


def _member(run: RunResult, member: int, events: pd.Series) -> dict[str, float]:
    metrics = run.metrics[run.metrics["member"] == member]
    quantities = {**_events(events), **_ends(metrics), **_weights(run, member)}
    generalised = quantities["final_test_accuracy"] >= GENERALISED
    return quantities | {"rings_of_generalised": quantities["rings"] if generalised else 0}


def _events(events: pd.Series) -> dict[str, float]:
    return {
        "fit_step": events["fit"],
        "half_step": events["half"],
        "generalised_step": events["generalised"],
        "early_test_accuracy": events["early_accuracy"],
        "delay_ratio": events["delay"],
        "transition_width": events["width"],
        "grokked": float(events["grokked"]),
    }


def _ends(metrics: pd.DataFrame) -> dict[str, float]:
    return {
        "final_train_accuracy": events.final(metrics, "train_accuracy").iloc[0],
        "final_test_accuracy": events.final(metrics, "test_accuracy").iloc[0],
        "final_train_loss": events.final(metrics, "train_loss").iloc[0],
        "final_test_loss": events.final(metrics, "test_loss").iloc[0],
        "max_loss_ratio": extremes(metrics)["max_ratio"].iloc[0],
        "norm_end_over_peak": events.final(metrics, "param_l2").iloc[0] / metrics["param_l2"].max(),
    }


def _weights(run: RunResult, member: int) -> dict[str, float]:
    early = main_runs.snapshot_index(run, main_runs.MEMORISED_STEP)
    quantities: dict[str, float] = {}
    for side in (0, 1):
        name = ("input", "output")[side]
        first, memorised, end = (
            (weights.w_input, weights.w_output.T)[side]
            for weights in (main_runs.weights(run, member, i) for i in (0, early, -1))
        )
        quantities[f"concentration_{name}_initial"] = float(fourier.concentration(first))
        quantities[f"concentration_{name}_memorised"] = float(fourier.concentration(memorised))
        quantities[f"concentration_{name}_end"] = float(fourier.concentration(end))
        quantities[f"own_{name}_memorised"] = float(np.median(fourier.own_share(memorised)))
        quantities[f"own_{name}_end"] = float(np.median(fourier.own_share(end)))
        quantities[f"large_coefficients_fall_{name}"] = _large(memorised) / max(_large(end), 1e-12)
    neurons = main_runs.final_neurons(run, member)
    return quantities | _angles(neurons) | _logits(main_runs.weights(run, member))


def _large(weights: np.ndarray) -> float:
    return float((np.abs(fourier.transform(weights)) > 1).mean())


def _angles(neurons: Neurons) -> dict[str, float]:
    strong = np.hypot(*neurons.in_vector.T) >= STRONG
    error = np.rad2deg(neurons.doubling_error[strong])
    phases = fourier.phases(neurons.in_vector)
    rings = [
        np.rad2deg(fourier.circular_gaps(phases[neurons.group == frequency]))
        for frequency in neurons.groups
        if RING[0] <= (neurons.group == frequency).sum() <= RING[1]
    ]
    gaps = np.concatenate(rings) if rings else np.array([np.nan])
    return {
        "frequencies": len(neurons.groups),
        "neurons_in_no_group": int((neurons.group == 0).sum()),
        "doubling_error_median": float(np.median(error)) if error.size else np.nan,
        "rings": len(rings),
        "smallest_ring_gap": float(gaps.min()),
        "largest_ring_gap": float(gaps.max()),
    }


def _logits(weights: main_runs.Weights) -> dict[str, float]:
    fits = main_logits.group_fits(weights)
    whole = fits["frequency"] == main_logits.TOTAL
    return {
        "worst_group_r2": float(fits.loc[~whole, "r2"].min()),
        "accuracy_all_inputs": float(fits.loc[whole, "accuracy"].iloc[0]),
    }

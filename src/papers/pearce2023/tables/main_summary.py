"""One number per row: what the claims about the main network are judged by."""

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import events, fourier
from papers.pearce2023.analysis.classes import extremes
from papers.pearce2023.analysis.frequency_groups import Neurons, cosine_fit, group_logits
from papers.pearce2023.tables import main_runs
from reprise.results import Inputs, RunResult

STRONG = 10.0
"""Least norm of a neuron's input vector for its doubled angle to be measured."""
RING = (5, 7)
"""Sizes of the groups whose phases have to be evenly spread."""


def main_summary(inputs: Inputs) -> pd.DataFrame:
    """``quantity``, ``seed``, ``generalised``, ``ring``, ``value`` of every network of all runs.

    ``generalised``: the test accuracy ends at 0.99 or more; ``ring``: so it does, and some
    frequency has 5 to 7 neurons. Steps are training steps, angles degrees, losses nats per example
    and class. ``fit_step`` counts a training accuracy that is never reached as reached at the last
    step; other values are NaN where they do not exist.
    """
    columns = ["quantity", "seed", "generalised", "ring", "value"]
    rows = []
    for run in inputs.runs.values():
        events = main_runs.run_events(run.metrics)
        for member, seed in run.members["seed"].items():
            quantities = _member(run, int(str(member)), events.loc[member])
            generalised = bool(events.loc[member, "generalised"])
            ring = generalised and quantities["rings"] > 0
            rows += [(name, int(seed), generalised, ring, v) for name, v in quantities.items()]
    return pd.DataFrame(rows, columns=columns).astype({"value": float})


def _member(run: RunResult, member: int, events: pd.Series) -> dict[str, float]:
    metrics = run.metrics[run.metrics["member"] == member]
    last = float(metrics["step"].max())
    return {**_events(events, last), **_ends(metrics), **_weights(run, member)}


def _events(events: pd.Series, last: float) -> dict[str, float]:
    fit = last if np.isnan(events["fit"]) else events["fit"]
    return {
        "fit_step": fit,
        # A fit at step 0 counts as one at step 1, which keeps the ratio finite.
        "delay_ratio": events["half"] / max(fit, 1.0),
        "transition_width": events["width"],
        "early_test_accuracy": events["early_accuracy"],
        "generalised": float(events["generalised"]),
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
    return quantities | _angles(neurons) | _logits(main_runs.weights(run, member), neurons)


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


def _logits(weights: main_runs.Weights, neurons: Neurons) -> dict[str, float]:
    logits = {f: group_logits(*weights, neurons.group == f) for f in neurons.groups}
    r2 = [cosine_fit(values, frequency)[1] for frequency, values in logits.items()]
    return {"worst_group_r2": min(r2, default=np.nan)}

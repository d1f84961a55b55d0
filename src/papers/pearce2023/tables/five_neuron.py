"""Tables of the five-neuron network on a frozen circle (F10-F13 of Pearce et al. 2023)."""

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import events, fourier
from papers.pearce2023.tables import small_networks
from reprise.results import Inputs, RunResult


def learning_curves(inputs: Inputs) -> pd.DataFrame:
    """Metrics of every member (F10), see ``small_networks.learning_curves``. Takes one run."""
    (result,) = inputs.runs.values()
    return small_networks.learning_curves(result, shown_member(result))


def published(inputs: Inputs) -> pd.DataFrame:
    """Accuracies that the authors' notebook logged: ``step``, ``train_accuracy``, ..."""
    (table,) = inputs.reference.values()
    return table[["step", "train_accuracy", "test_accuracy"]]


def weights(inputs: Inputs) -> pd.DataFrame:
    """In- and out-projection of the shown member (F11-F13), a row per panel, side and neuron.

    ``panel`` 0, 1, ... and ``step``, the last snapshots not after each of param ``steps``;
    ``side`` in or out; ``neuron`` counted by in-angle at the end; ``cos``, ``sin``, ``norm``
    and ``angle`` (degrees, counter-clockwise, in [0, 360)).
    """
    (result,) = inputs.runs.values()
    sides = _sides(result, shown_member(result))
    order = np.argsort(fourier.phases(sides["in"][-1]) % (2 * np.pi), kind="stable")
    chosen = small_networks.snapshots_at(result, [float(s) for s in inputs.params["steps"]])
    parts = [
        pd.DataFrame(
            {
                "panel": panel,
                "step": int(result.snapshot_steps[index]),
                "side": side,
                "neuron": range(len(order)),
                "cos": vectors[index, order, 0],
                "sin": vectors[index, order, 1],
                "norm": np.linalg.norm(vectors[index, order], axis=1),
                "angle": np.degrees(fourier.phases(vectors[index, order])) % 360,
            }
        )
        for panel, index in enumerate(chosen)
        for side, vectors in sides.items()
    ]
    return pd.concat(parts, ignore_index=True)


def five_neuron_summary(inputs: Inputs) -> pd.DataFrame:
    """Long form of events and final weights of every member, for the claims on F10-F13.

    See ``small_networks.long_form``; ``learned``: train and test accuracy were 1 at one logged
    step. Angles in degrees. Takes one run with snapshots of both projections.
    """
    (result,) = inputs.runs.values()
    wide = pd.concat([_events(result), small_networks.finals(result), _weights(result)], axis=1)
    return small_networks.long_form(result, wide, shown_member(result), flag="learned")


def shown_member(result: RunResult) -> int:
    """The first member whose train and test accuracy both reach 1; if none does, the first."""
    learned = _events(result)["learned"]
    return int(learned.idxmax())


def _events(result: RunResult) -> pd.DataFrame:
    metrics = result.metrics
    accuracies = metrics[["train_accuracy", "test_accuracy"]]
    derived = metrics.assign(
        both=accuracies.min(axis=1),
        gap=(accuracies["train_accuracy"] - accuracies["test_accuracy"]).abs(),
        ratio=metrics["test_loss"] / metrics["train_loss"],
    )
    t_both = events.first_step(derived, "both", at_least=1.0)
    largest = derived.groupby("member")[["gap", "ratio"]].max()
    return pd.DataFrame(
        {
            "t_both_1": t_both,
            "learned": t_both.notna().astype(float),
            "max_accuracy_gap": largest["gap"],
            "max_loss_ratio": largest["ratio"],
        }
    )


def _weights(result: RunResult) -> pd.DataFrame:
    rows = {}
    for member in result.members.index:
        inward, outward = (vectors[-1] for vectors in _sides(result, member).values())
        angle_in, angle_out = fourier.phases(inward), fourier.phases(outward)
        doubling = fourier.angle_between(angle_out, 2 * angle_in)
        rows[member] = {
            "norm_variation_in": _variation(np.linalg.norm(inward, axis=1)),
            "norm_variation_out": _variation(np.linalg.norm(outward, axis=1)),
            "gap_deviation_in": _gap_deviation(angle_in),
            "gap_deviation_out": _gap_deviation(angle_out),
            "doubling_error": np.degrees(doubling.max()),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("member")


def _sides(result: RunResult, member: int) -> dict[str, np.ndarray]:
    """In- and out-vectors [snapshot, neuron, 2] of one member."""
    views = result.views[member]
    return {"in": np.swapaxes(views["W_in_proj"], 1, 2), "out": np.asarray(views["W_out_proj"])}


def _variation(norms: np.ndarray) -> float:
    return float(norms.std() / norms.mean())


def _gap_deviation(angles: np.ndarray) -> float:
    """Largest deviation, in degrees, of the gaps between neighbouring angles from even spacing."""
    gaps = np.degrees(fourier.circular_gaps(angles))
    return float(np.abs(gaps - 360 / len(angles)).max())

"""Tables of the run that generalises, then memorises (F22, F23 of Pearce et al. 2023)."""

import numpy as np
import pandas as pd

from papers.pearce2023.tables import small_networks
from reprise.results import Inputs, RunResult

SHOWN = 0
"""The member that the figures show."""
LOST = 0.03
"""Test accuracy lost since the lowest test loss from which the loss of accuracy counts."""


def learning_curves(inputs: Inputs) -> pd.DataFrame:
    """Metrics of every member (F22), see ``small_networks.learning_curves``. Takes one run.

    Shown, here and below, is the first seed of the run.
    """
    (result,) = inputs.runs.values()
    return small_networks.learning_curves(result, SHOWN)


def weights(inputs: Inputs) -> pd.DataFrame:
    """W_input and W_output of the shown member (F23), see ``small_networks.heatmaps``.

    At its lowest test loss and at param ``steps``.
    """
    (result,) = inputs.runs.values()
    minimum = float(_events(result).loc[SHOWN, "t_min_test_loss"])
    return small_networks.heatmaps(result, SHOWN, [*map(float, inputs.params["steps"]), minimum])


def reverse_summary(inputs: Inputs) -> pd.DataFrame:
    """Long form of events and final weights of every member, for the claims on F22 and F23.

    See ``small_networks.long_form``. Takes one run with snapshots.
    """
    (result,) = inputs.runs.values()
    events = _events(result)
    wide = pd.concat(
        [
            events,
            small_networks.finals(result),
            small_networks.periodicity(result),
            _growth(result, events["t_min_test_loss"]),
        ],
        axis=1,
    )
    return small_networks.long_form(result, wide, SHOWN)


def _events(result: RunResult) -> pd.DataFrame:
    metrics = result.metrics.dropna(subset="test_loss")
    lowest = metrics.loc[metrics.groupby("member")["test_loss"].idxmin()].set_index("member")
    final = small_networks.finals(result)
    drop = lowest["test_accuracy"] - final["final_test_accuracy"]
    return pd.DataFrame(
        {
            "t_min_test_loss": lowest["step"].astype(float),
            "min_fraction": lowest["step"] / result.spec.steps,
            "min_test_loss": lowest["test_loss"],
            "rise": final["final_test_loss"] / lowest["test_loss"],
            "accuracy_at_min": lowest["test_accuracy"],
            "accuracy_drop": drop,
            "accuracy_lost": (drop >= LOST).astype(float),
        }
    )


def _growth(result: RunResult, moments: pd.Series) -> pd.Series:
    """Largest absolute weight of W_input at the end over that at step ``moments``, per member."""
    values = {}
    for member in result.members.index:
        largest = np.abs(result.views[member]["W_input"]).max(axis=(1, 2))
        (index,) = small_networks.snapshots_at(result, [moments[member]])
        values[member] = largest[-1] / largest[index]
    return pd.Series(values, name="growth").rename_axis("member")

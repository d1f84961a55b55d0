"""Tables of the run that generalises, then memorises (F22, F23 of Pearce et al. 2023)."""

import numpy as np
import pandas as pd

from papers.pearce2023.tables import small_networks
from reprise.results import Inputs, RunResult

RISE = 4.0
"""Final test loss over its minimum from which the run counts as reversed."""
FITTED = 1e-6
"""Train loss (mean over classes) below which the training set is fitted."""


def learning_curves(inputs: Inputs) -> pd.DataFrame:
    """Metrics of every member (F22), see ``small_networks.learning_curves``. Takes one run."""
    (result,) = inputs.runs.values()
    return small_networks.learning_curves(result, shown_member(result))


def weights(inputs: Inputs) -> pd.DataFrame:
    """W_input and W_output of the shown member (F23), see ``small_networks.heatmaps``.

    At its lowest test loss and at param ``steps``.
    """
    (result,) = inputs.runs.values()
    member = shown_member(result)
    minimum = float(_events(result).loc[member, "t_min_test_loss"])
    return small_networks.heatmaps(result, member, [*map(float, inputs.params["steps"]), minimum])


def reverse_summary(inputs: Inputs) -> pd.DataFrame:
    """Long form of events and final weights of every member, for the claims on F22 and F23.

    See ``small_networks.long_form``; ``reversed`` as in ``shown_member``. Takes one run with
    snapshots.
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
    return small_networks.long_form(result, wide, shown_member(result), flag="reversed")


def shown_member(result: RunResult) -> int:
    """The first member that generalises, then memorises; if none does, the first.

    That is: the test loss is smallest in the first half of the steps and ends at least ``RISE``
    times higher, while the train loss ends at ``FITTED`` or below.
    """
    return int(_events(result)["reversed"].idxmax())


def _events(result: RunResult) -> pd.DataFrame:
    metrics = result.metrics.dropna(subset="test_loss")
    lowest = metrics.loc[metrics.groupby("member")["test_loss"].idxmin()].set_index("member")
    final = small_networks.finals(result)
    fraction = lowest["step"] / result.spec.steps
    rise = final["final_test_loss"] / lowest["test_loss"]
    fitted = final["final_train_loss"] <= FITTED
    return pd.DataFrame(
        {
            "t_min_test_loss": lowest["step"].astype(float),
            "min_fraction": fraction,
            "min_test_loss": lowest["test_loss"],
            "rise": rise,
            "accuracy_at_min": lowest["test_accuracy"],
            "accuracy_drop": lowest["test_accuracy"] - final["final_test_accuracy"],
            "reversed": ((fraction <= 0.5) & (rise >= RISE) & fitted).astype(float),
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

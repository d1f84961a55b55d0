"""What the claims on probes of networks on plain tokens are judged by: Figures 6A, B, 24 and 25."""

import numpy as np
import pandas as pd
from jaxtyping import Float

from papers.vonoswald2023.tables.probe_summary import summarised
from papers.vonoswald2023.tables.probes import PRECONDITIONED, TARGET
from reprise.results import Inputs

LAYER = 5
"""Up to here the preconditioned input becomes readable in a network of seven layers."""


def plain_probe_summary(inputs: Inputs) -> pd.DataFrame:
    """The columns of ``probe_summary.summarised``.

    Params: ``first``, from which t on depth has to help the target (``target_ratio``), and ``at``,
    the t of all else.
    """
    first, at = int(inputs.params["first"]), int(inputs.params["at"])

    def quantities(errors: dict[str, pd.DataFrame]) -> dict[str, float]:
        known = preconditioned(errors[PRECONDITIONED][at].to_numpy())
        return target(errors[TARGET], first, at) | known

    return summarised(inputs, quantities)


def target(errors: pd.DataFrame, first: int, at: int) -> dict[str, float]:
    """``target_ratio``: the largest error of a layer over that of the one before.

    From t = ``first`` on; ``target_ratio_at`` is at t = ``at`` alone, as is ``target_fall``, the
    error of the input over that of the last layer.
    """
    values = errors.to_numpy()
    ratios = values[1:] / values[:-1]
    return {
        "target_ratio": float(ratios[:, first - 1 :].max()),
        "target_ratio_at": float(ratios[:, at - 1].max()),
        "target_fall": float(values[0, at - 1] / values[-1, at - 1]),
    }


def preconditioned(errors: Float[np.ndarray, " layer"]) -> dict[str, float]:
    """Of errors by layer, from the input on.

    ``preconditioned_fall``: that of the input over that of layer 5 (or the last, if there are
    fewer); ``preconditioned_ratio``: the largest of a layer over the one before up to there;
    ``preconditioned_late``: how far later layers are from it, as a ratio of 1 or more;
    ``preconditioned_least``: the least over that of the input.
    """
    layer = min(LAYER, len(errors) - 1)
    late = errors[layer:] / errors[layer]
    ratios = errors[1 : layer + 1] / errors[:layer]
    return {
        "preconditioned_fall": float(errors[0] / errors[layer]),
        "preconditioned_ratio": float(ratios.max()),
        "preconditioned_late": float(max(late.max(), 1 / late.min())),
        "preconditioned_least": float(errors.min() / errors[0]),
    }

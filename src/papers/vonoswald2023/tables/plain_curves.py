"""Losses along sequences of networks on plain tokens and of their controls: Figures 6C and 7."""

import numpy as np
import pandas as pd

from papers.vonoswald2023.tables import plain_losses
from papers.vonoswald2023.tables.plain_controls import Losses
from reprise.results import Inputs
from reprise.stats.resampling import band, means


def fully(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``t``, ``loss``, ``low``, ``high`` for fully observed linear systems."""
    return frame(plain_losses.fully(inputs))


def partial(inputs: Inputs) -> pd.DataFrame:
    """The same for partly observed ones."""
    return frame(plain_losses.partial(inputs))


def nonlinear(inputs: Inputs) -> pd.DataFrame:
    """The same for nonlinear ones."""
    return frame(plain_losses.nonlinear(inputs))


def frame(found: Losses) -> pd.DataFrame:
    """Means over sequences at every t (from 1), with the bootstrap band of the mean."""
    parts = []
    for model, values in found.items():
        loss, low, high = band(means(values))
        columns = {"t": np.arange(1, len(loss) + 1), "loss": loss, "low": low, "high": high}
        parts.append(pd.DataFrame({"model": model} | columns))
    return pd.concat(parts, ignore_index=True)

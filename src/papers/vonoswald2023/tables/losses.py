"""Training curves of every run."""

import pandas as pd

from papers.shared.learning_curves import courses as courses_of
from reprise.results import Inputs


def courses(inputs: Inputs) -> pd.DataFrame:
    """``run``, ``member``, its axes as ``label``, ``step``, ``train_loss`` and ``test_loss``."""
    return courses_of(inputs.runs)

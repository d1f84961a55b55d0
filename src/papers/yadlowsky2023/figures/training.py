"""Training curves of every network."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.shared.learning_curve_figure import test_losses


def losses(tables: Mapping[str, DataFrame]) -> Figure:
    """Test loss against the training step, a panel per run and a line per member."""
    return test_losses(tables["losses"])

"""F17: input weights of one frequency lie on a circle."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.frequency_vectors import frequency_vectors


def circles_in(tables: Mapping[str, DataFrame]) -> Figure:
    """F17: per frequency, each neuron's (cos, sin) of W_input, neighbours in phase joined."""
    return frequency_vectors(tables["main_vectors"], "W_input")

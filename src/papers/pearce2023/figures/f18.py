"""F18: output weights of one frequency form a star."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.frequency_vectors import frequency_vectors


def stars_out(tables: Mapping[str, DataFrame]) -> Figure:
    """F18: the same of W_output; neighbours in input phase joined give a star."""
    return frequency_vectors(tables["main_vectors"], "W_output")

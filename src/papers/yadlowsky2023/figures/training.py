"""Training of all networks, by the functions that they see."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.shared.learning_curve_figure import Panels, learning_curve_figure
from papers.yadlowsky2023.figures.style import DENSE_ONLY, MIXTURE, SPARSE_ONLY

PANELS: Panels = {
    "Linear functions": {
        "sparse_only": "sparse only",
        "dense_only": "dense only",
        "mixtures": "both",
        "mixtures_again": "both",
        "rare": "both",
    },
    "Lines and sines": {
        "curves": "lines and sines",
        "curves_control": "and their combinations",
        "lines_alone": "lines alone",
        "sines_alone": "sines alone",
        "curves_noise": "noisy labels",
        "curves_tail": "rare frequencies",
    },
    "Counter-replication, pairs": {"sums_causal": ""},
    "Counter-replication, sets": {"sums_set": ""},
    "ReLU networks": {"relu_dense": "ReLU and dense", "relu_sparse": "ReLU and sparse"},
}
COLORS = {
    "sparse_only": SPARSE_ONLY,
    "dense_only": DENSE_ONLY,
    **dict.fromkeys(("mixtures", "mixtures_again", "rare"), MIXTURE),
}
"""Run -> its colour in the paper's other figures."""


def training(tables: Mapping[str, DataFrame]) -> Figure:
    """Test loss of every network along its training."""
    return learning_curve_figure(
        tables["losses"], PANELS, colors=COLORS, settings={"linear": "linear weight"}
    )

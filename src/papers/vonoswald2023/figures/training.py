"""Training of all networks, by the systems that they see."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.shared.learning_curve_figure import Panels, learning_curve_figure

_LINEAR = {"lsa1": "LSA-1", "lsa2": "LSA-2", "lsa4": "LSA-4", "lsa6": "LSA-6"}

PANELS: Panels = {
    "Linear layers": {**_LINEAR, "mesa1": "Mesa-1"},
    "Contracting systems": {
        **{f"contracting_{run}": name for run, name in _LINEAR.items()},
        "contracting_mesa": "Mesa-1",
    },
    "One system for all": {
        **{f"fixed_{run}": name for run, name in _LINEAR.items()},
        "fixed_mesa": "Mesa-1",
    },
    "Softmax and mesa-layers": {
        "softmax7": "7 softmax",
        "softmax3": "3 softmax",
        "hybrid": "softmax + mesa",
        "full_mesa": "mesa + mesa",
        "released_mesa": "linear + mesa",
        "distilled2": "2 softmax, constructed tokens",
    },
    "Proposition 2": {
        "iteration2": "2 iterations",
        "iteration6": "6 iterations",
        "iteration6_partial": "6, partly observed",
    },
    "Sizes of the state": {
        "sizes4": "4 numbers",
        "sizes6": "6 numbers",
        "sizes10": "10 numbers",
        "sizes20": "20 numbers",
    },
    "Partly observed systems": {
        "partial_softmax": "softmax layers",
        "partial_hybrid": "softmax + mesa",
    },
    "Narrow softmax layers": {"partial_softmax_narrow": ""},
    "Narrow softmax + mesa": {"partial_hybrid_narrow": ""},
    "Nonlinear systems": {
        "nonlinear_softmax": "softmax layers",
        "nonlinear_hybrid": "softmax + mesa",
    },
    "Long sequences (few-shot)": {
        "few_shot_softmax": "softmax layers",
        "few_shot_hybrid": "softmax + mesa",
    },
    "Language, one layer": {
        "language_softmax": "softmax",
        "language_linear": "linear",
        "language_mesa": "mesa",
    },
    "Language, softmax below": {
        "language_softmax_softmax": "softmax",
        "language_softmax_linear": "linear",
        "language_softmax_mesa": "mesa",
    },
    "Language, four layers": {
        "language_four_softmax": "softmax",
        "language_four_linear": "linear",
        "language_four_mesa": "mesa",
    },
}


def training(tables: Mapping[str, DataFrame]) -> Figure:
    """Test loss of every network along its training."""
    return learning_curve_figure(tables["losses"], PANELS)

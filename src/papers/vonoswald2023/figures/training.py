"""Training of all networks, by the systems that they see."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.shared.learning_curve_figure import Panels, learning_curve_figure
from papers.vonoswald2023.figures import linear_networks, plain_networks
from papers.vonoswald2023.figures.axes import LOSS
from papers.vonoswald2023.figures.language_models import color_of
from reprise.plotting import theme

_LINEAR = {run: linear_networks.NAMES[run][0] for run in ("lsa1", "lsa2", "lsa4", "lsa6")}
_PLAIN = {run: name for run, (name, _) in plain_networks.NAMES.items()}

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
        run: _PLAIN[run] for run in ("softmax7", "softmax3", "hybrid", "full_mesa", "released_mesa")
    },
    "Two softmax layers on constructed tokens": {"distilled2": ""},
    "Proposition 2": {
        "iteration2": "2 iterations",
        "iteration6": "6 iterations",
        "iteration6_partial": "6, partly observed",
    },
    "Numbers of a state": {f"sizes{count}": f"{count}" for count in (4, 6, 10, 20)},
    "Partly observed, softmax layers": {"partial_softmax_narrow": "", "partial_softmax": ""},
    "Partly observed, softmax + mesa": {"partial_hybrid_narrow": "", "partial_hybrid": ""},
    "Nonlinear systems": {run: _PLAIN[run] for run in ("nonlinear_softmax", "nonlinear_hybrid")},
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


LANGUAGE = {"Language, one layer": 1, "Language, softmax below": 2, "Language, four layers": 4}
"""Panel -> the layers of its networks."""
ORDERED = (
    "Numbers of a state",
    "Partly observed, softmax layers",
    "Partly observed, softmax + mesa",
)
COLORS = {
    "iteration2": theme.MUTED,
    "iteration6": theme.REFERENCE,
    "iteration6_partial": theme.THEORY,
    "few_shot_softmax": plain_networks.SOFTMAX,
    "few_shot_hybrid": plain_networks.HYBRID,
    **{run: color for run, (_, color) in plain_networks.NAMES.items()},
    **{
        run: linear_networks.color_of(run)
        for title in ("Linear layers", "Contracting systems", "One system for all")
        for run in PANELS[title]
    },
    **{
        run: color_of(layers, attention)
        for title, layers in LANGUAGE.items()
        for run, attention in PANELS[title].items()
    },
}
"""Run -> its colour in the paper's other figures."""


def training(tables: Mapping[str, DataFrame]) -> Figure:
    """Test loss of every network along its training."""
    language = [run for title in LANGUAGE for run in PANELS[title]]
    units = {run: LOSS for runs in PANELS.values() for run in runs}
    return learning_curve_figure(
        tables["losses"],
        PANELS,
        colors=COLORS,
        ordered=ORDERED,
        units=units | dict.fromkeys(language, "nats"),
        settings={"nu": "ν ="},
    )

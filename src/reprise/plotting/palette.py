"""Colours with a fixed meaning in every figure, distinct under colour-vision deficiencies."""

TRAIN = "#8427B0"
"""Training set (purple, as in Pearce et al. 2023)."""
TEST = "#0F7B4A"
"""Held-out set (green, as in Pearce et al. 2023)."""
HIGHLIGHT = "#D95F02"
"""The few lines among many that a figure is about."""
THEORY = "#1F1F1F"
"""Closed forms and exact predictors; drawn dashed."""
REFERENCE = "#6B7280"
"""Numbers published by the paper, beside ours."""
MUTED = "#9CA3AF"
"""Everything that is only there for comparison."""
BIAS = "#E377A8"
"""Weights of a constant input."""

MEMORISED = "#7A4FA3"
GROKKED = "#F2C12E"
TOGETHER = "#6FB7E3"
NO_LEARNING = "#B5B5B5"

CLASSES = {
    "memorised": MEMORISED,
    "grokked": GROKKED,
    "together": TOGETHER,
    "no learning": NO_LEARNING,
}
"""The four outcomes of a training run (Pearce et al. 2023): name -> colour."""

CATEGORIES = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#4D4D4D",
    "#332288",
)
"""Unordered groups, in this order (after Okabe and Ito)."""

WEIGHTS = "RdBu_r"
"""Diverging map of weights: positive red, negative blue, zero white."""
AMOUNTS = "mako_r"
"""Sequential map of amounts: none light, much dark."""

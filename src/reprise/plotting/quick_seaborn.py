"""Seaborn without SciPy: importing it costs 0.3 s on top of pandas and Matplotlib instead of 2 s.

Seaborn treats SciPy as optional (only ``clustermap``, which no figure here uses, has no other way),
yet loads ``scipy.stats`` whenever it can. A figure is its own process, so that cost would be paid
once per figure.
"""

import sys

import matplotlib.pyplot  # noqa: F401
import pandas  # noqa: F401

# Both are imported before SciPy is hidden, so that they never see it missing.

_HIDE = "scipy" not in sys.modules and "seaborn" not in sys.modules

if _HIDE:
    # The import system raises ModuleNotFoundError for a name that maps to None.
    sys.modules["scipy"] = None  # type: ignore[assignment]
try:
    import seaborn
finally:
    if _HIDE:
        del sys.modules["scipy"]

__all__ = ["seaborn"]

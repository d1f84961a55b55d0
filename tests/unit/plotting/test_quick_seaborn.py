"""Importing the theme leaves SciPy out, and leaves it usable."""

import subprocess
import sys

SCRIPT = """
import sys
from reprise.plotting import theme
print("scipy" in sys.modules, theme.seaborn.__name__)
import pandas, scipy.special
assert scipy.special.ndtr(0) == 0.5
assert pandas.Series([1.0, 2, 4, 8]).interpolate("pchip")[3] == 8
"""


def test_theme_does_not_load_scipy_and_does_not_break_it():
    command = [sys.executable, "-W", "error", "-c", SCRIPT]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout.split() == ["False", "seaborn"]

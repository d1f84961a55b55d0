"""What the claims on Figures 4 and 5 and on the control are judged by."""

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from reprise.results import Inputs
from reprise.stats.resampling import summary_frame

LINE, SINE, EVEN = 1.0, 0.0, 0.5
"""Weights of the line in Figure 4 a, b, c."""


def curve_summary(inputs: Inputs) -> pd.DataFrame:
    """``source`` (network, bayes), ``quantity``, ``value``; reads the tables of ``curves``.

    Params: ``examples`` (n at which all is read), ``early`` and ``late`` (Figure 5's fall), the
    names of the ``mixture`` and the ``control`` run, and ``in_class_limit``, the error in class
    from which on the network has learned (``gate_in_class`` is relative to it).
    """
    networks, estimators = inputs.tables["curve_networks"], inputs.tables["curve_estimators"]
    names = {"network": inputs.params["mixture"], "bayes": "bayes"}
    both = pd.concat([networks, estimators], ignore_index=True)
    n, early, late = (int(inputs.params[name]) for name in ("examples", "early", "late"))
    nearest = both[(both["model"] == "nearest") & both["alpha"].notna()].set_index("alpha")["mse"]
    found = {}
    for source, model in names.items():
        by_n = {at: _by_alpha(both, str(model), at) for at in (n, early, late)}
        found[source] = quantities(by_n[n], by_n[early], by_n[late], nearest)
    even = both[(both["alpha"] == EVEN) & (both["n"] == n)].set_index("model")["nmse"]
    limit = float(inputs.params["in_class_limit"])
    found["network"]["gate_in_class"] = found["network"]["in_class_nmse"] / limit
    found["network"]["control_nmse"] = float(even[str(inputs.params["control"])])
    found["composite"] = {"combination_nmse": float(even["composite"])}
    return summary_frame(found)


def quantities(
    main: pd.DataFrame, early: pd.DataFrame, late: pd.DataFrame, nearest: pd.Series
) -> dict[str, float]:
    """Quantities of Figures 4 and 5 from frames with ``mse`` and ``nmse`` by alpha."""
    mse, nmse = main["mse"], main["nmse"]
    in_class = max(nmse[LINE], nmse[SINE])
    peak = mse.idxmax()
    return {
        "line_nmse": float(nmse[LINE]),
        "sine_nmse": float(nmse[SINE]),
        "in_class_nmse": float(in_class),
        "combination_nmse": float(nmse[EVEN]),
        "combination_over_in_class": float(nmse[EVEN] / in_class),
        "peak_alpha": float(peak),
        "ends_over_peak": float(max(mse[LINE], mse[SINE]) / mse[peak]),
        "near_ends_over_peak": float(max(mse[0.05], mse[0.95]) / mse[peak]),
        "peak_fall": float(early["mse"].max() / late["mse"].max()),
        "rank_correlation": float(spearmanr(mse, nearest.loc[mse.index]).statistic),
    }


def _by_alpha(table: pd.DataFrame, model: str, n: int) -> pd.DataFrame:
    rows = table[(table["model"] == model) & (table["n"] == n) & table["alpha"].notna()]
    return rows.set_index("alpha")[["mse", "nmse"]].astype(np.float64)

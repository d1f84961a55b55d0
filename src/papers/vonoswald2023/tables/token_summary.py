"""What the claims on past tokens in the first layer are judged by: Figures 2, 17 and 21."""

from typing import Any

import pandas as pd

from reprise.results import Inputs
from reprise.stats.resampling import summary_frame

HELD = 0.08
"""A token is held where its error is below this share of its mean square.

For the partly observed systems of the paper, of variance 1.25, it is an error of .1.
"""
BOTH = {"": "mse", " held out": "held_out"}
FEATURES_LONG_AGO, FEATURES_NEWEST = 3, (0, 1)
"""Steps back from which on a token is long ago, and those of the two newest (Figure 2B)."""

Quantities = dict[str, dict[str, Any]]


def observations(inputs: Inputs) -> pd.DataFrame:
    """``source`` (run, or with `` held out``), ``quantity``: ``mse_back_<n>`` and ``horizon``.

    ``horizon`` counts the held tokens of the last eight; ``share_newest_four`` is the largest error
    of the newest four in shares of their mean square.
    Means over members. Reads tables of ``token_probes.observations``.
    """
    found: Quantities = {}
    table = pd.concat(inputs.tables.values(), ignore_index=True)
    for run, rows in table.groupby("run", sort=False):
        for ending, column in BOTH.items():
            by_back = rows.groupby("back")[[column, "variance"]].mean()
            shares = by_back[column] / by_back["variance"]
            found[f"{run}{ending}"] = {
                **{f"mse_back_{back}": float(mse) for back, mse in by_back[column].items()},
                "share_newest_four": float(shares[shares.index <= 3].max()),
                "horizon": float((shares < HELD).sum()),
            }
    return summary_frame(found)


def widths(inputs: Inputs) -> pd.DataFrame:
    """Of each kind of network over widths: ``horizon_least`` .., see ``by_width``.

    Reads a table of ``token_probes.observations``; runs of a kind are ``<kind>`` and
    ``<kind>_narrow``.
    """
    (table,) = inputs.tables.values()
    kinds = table["run"].str.removesuffix("_narrow")
    found: Quantities = {}
    for kind, rows in table.groupby(kinds, sort=False):
        for ending, column in BOTH.items():
            held = rows[column] / rows["variance"] < HELD
            found[f"{kind}{ending}"] = by_width(held.groupby(rows["width"]).sum())
    return summary_frame(found)


def by_width(horizon: "pd.Series[int]") -> dict[str, float]:
    """``horizon_narrowest``, ``horizon_widest``, and ``horizon_fall``, its largest fall.

    ``horizon`` counts held tokens, by width.
    """
    ordered = horizon.sort_index()
    steps = ordered.diff().dropna()
    return {
        "horizon_narrowest": float(ordered.iloc[0]),
        "horizon_widest": float(ordered.iloc[-1]),
        "horizon_fall": float(max(0.0, -steps.min())) if len(steps) else 0.0,
    }


def features(inputs: Inputs) -> pd.DataFrame:
    """Of MLP*(s_t') by layer: see ``by_layer``. Reads a table of ``token_probes.features``."""
    (table,) = inputs.tables.values()
    found: Quantities = {}
    for run, rows in table.groupby("run", sort=False):
        for ending, column in BOTH.items():
            errors = rows.pivot_table(index="layer", columns="back", values=column)
            found[f"{run}{ending}"] = by_layer(errors)
    return summary_frame(found)


def by_layer(errors: pd.DataFrame) -> dict[str, float]:
    """Errors by layer (from the input on) and steps back, reduced to what is claimed.

    ``newest_over_old``: in layer 1, the worse of the two newest tokens over the mean of those three
    or more steps back; ``newest_ratio``: the least error of either in a layer over that in the one
    before, from layer 1 to the one before the last; ``input_over_first``: error of the newest in
    the input over that in layer 1.
    """
    newest = errors[list(FEATURES_NEWEST)]
    old = errors[[back for back in errors.columns if back >= FEATURES_LONG_AGO]].mean(axis=1)
    inner = newest.to_numpy()[1:-1] if len(newest) > 3 else newest.to_numpy()[1:]
    return {
        "newest_over_old": float(newest.loc[1].max() / old.loc[1]),
        "newest_ratio": float((inner[1:] / inner[:-1]).min(initial=float("inf"))),
        "input_over_first": float(errors.loc[0, 0] / errors.loc[1, 0]),
    }

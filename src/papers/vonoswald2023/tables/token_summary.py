"""What the claims on past tokens in the first layer are judged by: Figures 2, 17 and 21."""

import pandas as pd

from reprise.results import Inputs

HELD = 0.08
"""A token is held where its error is below this share of its mean square.

For the partly observed systems of the paper, of variance 1.25, it is an error of 0.1.
"""
SAMPLES = {"held_out": "held_out", "in_sample": "mse"}
"""What claims go by, and what the authors show, with their columns of tables of token probes."""
FEATURES_LONG_AGO, FEATURES_NEWEST = 3, (0, 1)
"""Steps back from which on a token is long ago, and those of the two newest (Figure 2B)."""
COLUMNS = ["model", "seed", "sample", "quantity", "value"]


def observations(inputs: Inputs) -> pd.DataFrame:
    """``COLUMNS``, quantities ``mse_back_<n>``, ``share_newest_four`` and ``horizon``.

    ``horizon`` counts the held tokens of the last eight; ``share_newest_four`` is the largest error
    of the newest four in shares of their mean square. Reads tables of
    ``token_probes.observations``; of runs of several widths the widest network.
    """
    table = pd.concat(inputs.tables.values(), ignore_index=True)
    rows = []
    for (model, seed), own in table.groupby(["model", "seed"], sort=False):
        widest = own[own["width"] == own["width"].max()].set_index("back")
        for sample, column in SAMPLES.items():
            shares = widest[column] / widest["variance"]
            found = {f"mse_back_{back}": mse for back, mse in widest[column].items()}
            found["share_newest_four"] = shares[shares.index <= 3].max()
            found["horizon"] = (shares < HELD).sum()
            rows += [(model, seed, sample, name, float(value)) for name, value in found.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


def widths(inputs: Inputs) -> pd.DataFrame:
    """``COLUMNS`` but for ``seed``, of each kind of network over widths: see ``by_width``.

    Reads a table of ``token_probes.observations``; runs of a kind are ``<kind>`` and
    ``<kind>_narrow``. Of every width the first network.
    """
    (table,) = inputs.tables.values()
    first = table[table["seed"] == table.groupby(["model", "width"])["seed"].transform("min")]
    rows = []
    for kind, own in first.groupby(first["model"].str.removesuffix("_narrow"), sort=False):
        for sample, column in SAMPLES.items():
            held = own[column] / own["variance"] < HELD
            found = by_width(held.groupby(own["width"]).sum())
            rows += [(kind, sample, name, value) for name, value in found.items()]
    return pd.DataFrame(rows, columns=[name for name in COLUMNS if name != "seed"])


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
    """``COLUMNS``, of MLP*(s_t') by layer: see ``by_layer``.

    Reads a table of ``token_probes.features``.
    """
    (table,) = inputs.tables.values()
    rows = []
    for (model, seed), own in table.groupby(["model", "seed"], sort=False):
        for sample, column in SAMPLES.items():
            found = by_layer(own.pivot(index="layer", columns="back", values=column))
            rows += [(model, seed, sample, name, value) for name, value in found.items()]
    return pd.DataFrame(rows, columns=COLUMNS)


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

"""What the claims about the many seeds (F20 of Pearce et al. 2023) are judged by."""

import numpy as np
import pandas as pd
from scipy.stats import chi2, chisquare

from reprise.results import Inputs
from reprise.stats.intervals import binomial_interval, bootstrap_interval

HIGHEST_FREQUENCY = 33


def seeds_summary(inputs: Inputs) -> pd.DataFrame:
    """``quantity``, ``value``, ``low``, ``high`` (95 %), ``published``, ``networks`` they are over.

    NaN where there is none. Shares have exact binomial intervals, medians bootstrap intervals. All
    but the first three quantities are over the generalised networks, as the published 450 all ended
    generalised.
    """
    networks, groups = inputs.tables["seeds_networks"], inputs.tables["seeds_groups"]
    published = inputs.reference["seeds_summary"].set_index("quantity")["value"]
    generalised, sizes = networks[networks["generalised"]], groups[groups["generalised"]]
    total = float(published["networks"])
    published_share = float(published["three_or_four_frequencies"]) / total
    modes = sizes["neurons"].mode()
    rows = [
        ("networks", len(networks), np.nan, np.nan, total),
        ("generalised_share", *share(networks["generalised"]), np.nan),
        ("generalised_networks", len(generalised), np.nan, np.nan, total),
        (
            "grokking_class_share",
            *share(generalised["class"] == "K"),
            float(published["grokking_class"]) / total,
        ),
        ("three_or_four_share", *share(generalised["three_or_four"]), published_share),
        ("mode_neurons_per_frequency", modes.min() if len(modes) else np.nan, np.nan, np.nan, 5),
        (
            "median_final_test_loss",
            *_median(generalised["final_test_loss"]),
            float(published["median_final_test_loss"]),
        ),
        (
            "median_max_ratio",
            *_median(generalised["max_ratio"]),
            float(published["median_max_ratio"]),
        ),
        (
            "median_thousand_steps_to_test_loss_0.01",
            *_median(generalised["low_test_loss_step"] / 1000),
            float(published["median_thousand_steps_to_test_loss_0.01"]),
        ),
        (
            "uniform_frequencies_p_value",
            _uniform(sizes["frequency"]),
            np.nan,
            np.nan,
            float(chi2.sf(published["frequency_uniformity_chi_square"], HIGHEST_FREQUENCY - 1)),
        ),
    ]
    table = pd.DataFrame(rows, columns=["quantity", "value", "low", "high", "published"])
    return table.assign(networks=[len(networks)] * 3 + [len(generalised)] * (len(rows) - 3))


def share(hits: pd.Series) -> tuple[float, float, float]:
    """Share of true values and the ends of its exact interval; NaN where there are none."""
    if hits.empty:
        return np.nan, np.nan, np.nan
    return float(hits.mean()), *binomial_interval(int(hits.sum()), len(hits))


def _median(values: pd.Series) -> tuple[float, float, float]:
    known = values.dropna()
    if known.empty:
        return np.nan, np.nan, np.nan
    return float(known.median()), *bootstrap_interval(known.to_numpy(), "median")


def _uniform(frequencies: pd.Series) -> float:
    """P-value of the chi-square test that every frequency 1..33 is used equally often."""
    if frequencies.empty:
        return np.nan
    uses = np.bincount(frequencies, minlength=HIGHEST_FREQUENCY + 1)[1:]
    return float(chisquare(uses).pvalue)

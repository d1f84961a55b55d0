"""Headlines are judged over three networks, and the network that is shown is chosen by no claim."""

import numpy as np
import pandas as pd
import pytest

from papers.vonoswald2023.figures.seeds import first_seed, over_seeds
from papers.vonoswald2023.tables.loss_tables import loss_table, ratios
from reprise.specs.claims import Criterion
from reprise.specs.load import Config, load_claims, load_paper
from reprise.stats.verdicts import measure

PAPER = load_paper("vonoswald2023", Config(scale="cpu"))
CLAIMS = load_claims(PAPER).claims
NETWORKS = {
    "softmax": "few_shot_softmax",
    "hybrid": "few_shot_hybrid",
    "mesa": "language_softmax_mesa",
}
"""What claims call a network -> its run, where that is another name."""


@pytest.mark.parametrize("name", PAPER.headlines.claims)
def test_a_headline_is_judged_over_three_seeds_of_its_network(name):
    criterion = CLAIMS[name].criterion
    assert (criterion.over, criterion.min_networks) == ("seed", 3)
    where = criterion.where
    model = str(where["attention"] if "attention" in where else where["model"])
    plain = criterion.table not in ("few_shot_losses", "language_losses")
    run = model if plain else NETWORKS[model]
    assert len(PAPER.runs[run].members["seed"]) >= 3


def test_every_claim_on_networks_tells_them_apart_or_says_one():
    """Without ``over`` a claim is on one network of each kind, or on none."""
    alone = {n: c for n, c in CLAIMS.items() if c.criterion.over is None and c.kind == "finding"}
    tables = {claim.criterion.table for claim in alone.values()}
    assert tables == {"width_summary", "distilled_summary", "distilled_weights_summary"}


@pytest.mark.parametrize("values", [(3.0, 1.0, 2.0), (1.0, 3.0, 2.0), (2.0, 3.0, 1.0)])
def test_the_network_shown_is_the_first_whatever_it_does(values):
    rows = pd.DataFrame({"seed": [5, 2, 9], "t": 1, "value": values, "low": 0.0, "high": 9.0})
    assert first_seed(rows)["seed"].tolist() == [2]
    assert over_seeds(rows, "t").iloc[0].to_dict() == {"t": 1, "value": 2, "low": 1, "high": 3}
    assert over_seeds(rows[:1], "t").iloc[0].to_dict() == {
        "t": 1,
        "value": values[0],
        "low": 0,
        "high": 9,
    }


def test_equal_losses_are_inside_their_own_interval():
    """A distance from 1 that was taken before its interval did not lie in it."""
    rng = np.random.default_rng(0)
    control = rng.normal(1, 0.3, (1001, 4))
    curves = {("net", seed): control + rng.normal(0, 0.05, (1001, 4)) for seed in range(3)}
    curves["known", None] = control
    table = loss_table(curves, ratios(curves, ["net"], "known", "over"))
    own = table[table["quantity"] == "over"]
    for row in own.itertuples():
        assert row.low < row.value < row.high
    criterion = Criterion(
        table="t", statistic="geometric_mean", over="seed", at_least=0.5, at_most=2
    )
    found = measure(own, criterion)
    assert found.networks == found.met == 3
    assert found.low < found.statistic < found.high

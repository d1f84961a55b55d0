"""The paper as a whole: its tables fit its figures and claims."""

import pandas as pd
import pytest
from untrained_paper import PAPER

from reprise.specs.load import Config, load_claims, load_paper
from reprise.specs.paper import SCALES
from reprise.specs.runs import jobs
from reprise.stats.verdicts import NOT_TESTED, judge

CLAIMS = load_claims(load_paper("yadlowsky2023", Config()))


def test_tables_hold_plain_columns(untrained):
    for name, table in untrained.items():
        assert isinstance(table, pd.DataFrame)
        assert len(table), name
        assert table.index.equals(pd.RangeIndex(len(table))), name


def test_claims_find_their_numbers(untrained):
    verdicts = judge(CLAIMS, untrained, "yadlowsky2023", "smoke")
    # At this scale no weight is below a quarter, and there is one seed.
    absent = set(verdicts.loc[verdicts["statistic"].isna(), "claim"])
    assert absent == {"rare-mixture-hugs-least-squares", "between-is-no-noise"}


def test_untrained_networks_say_nothing_about_failures(untrained):
    verdicts = judge(CLAIMS, untrained, "yadlowsky2023", "cpu").set_index("claim")["verdict"]
    for claim in ("combination-fails", "between-specialists", "frequencies-above-fail"):
        assert verdicts[claim] == NOT_TESTED


def test_claims_and_headlines_name_what_is_there():
    assert {claim.figure for claim in CLAIMS.claims.values()} <= set(PAPER.figures)
    assert set(PAPER.headlines.claims) <= set(CLAIMS.claims)


def test_headlines_are_judged_over_three_seeds_at_the_default_scale():
    for name in PAPER.headlines.claims:
        assert CLAIMS.claims[name].criterion.over == "seed", name
    runs = load_paper("yadlowsky2023", Config(scale="cpu")).runs
    for name in ("sparse_only", "mixtures", "curves", "curves_control", "sums_set", "sums_causal"):
        assert len(runs[name].members["seed"]) >= 3, name


@pytest.mark.parametrize("scale", SCALES)
def test_every_scale_has_jobs_with_room_for_its_prompts(scale):
    paper = load_paper("yadlowsky2023", Config(scale=scale))
    for run, dataset in (
        ("mixtures", "linear_prompts"),
        ("rare", "linear_prompts"),
        ("curves", "curve_prompts"),
        ("curves_tail", "tail_prompts"),
        ("relu_dense", "relu_prompts"),
    ):
        params = paper.datasets[dataset].params
        for job in jobs(paper.runs[run]):
            room = (job.run.model.positions or 2 * job.run.task.pairs) // 2
            assert room >= params["pairs"]
            assert job.run.task.dims == params.get("dims", 1)

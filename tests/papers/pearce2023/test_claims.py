"""Claims of this paper are judged over seeds, by quantities that its tables have."""

from collections.abc import Iterator

import five_neuron_runs
import parity_runs
import pytest
import reverse_runs
import seeds_runs
from grokking_runs import main_run

from papers.pearce2023.tables import main_summary
from reprise.results import Inputs
from reprise.specs.claims import Claims, Criterion
from reprise.specs.load import Config, load_claims, load_papers
from reprise.stats.verdicts import judge

POOLED = {"seeds_summary", "parity_sweep_summary", "architecture_summary"}
"""Tables whose values are over many networks at once, which they count."""


@pytest.fixture(scope="module")
def claims() -> Claims:
    return load_claims(load_papers(Config(scale="cpu", papers=["pearce2023"]))[0])


def criteria(claims: Claims) -> Iterator[Criterion]:
    for claim in claims.claims.values():
        yield from (one for one in (claim.criterion, claim.partly) if one)
    yield from (gate.criterion for gate in claims.gates.values())


def test_no_criterion_reads_the_network_that_is_shown(claims):
    """So none repeats the rule that chose it."""
    assert not [one for one in criteria(claims) if "shown" in one.where]


def test_findings_are_judged_over_networks(claims):
    networks = [claim for claim in claims.claims.values() if claim.kind != "derivation"]
    pooled = [c for c in networks if c.criterion.over is None and c.criterion.table not in POOLED]
    assert len(networks) > 50 and not pooled


def test_tables_have_what_the_criteria_ask_for(claims):
    runs = Inputs(runs={"main": main_run()})
    tables = {
        "main_summary": main_summary.main_summary(runs),
        **seeds_runs.four_seeds(),
        **parity_runs.tables_of(parity_runs.three_seeds()),
        **five_neuron_runs.tables_of(five_neuron_runs.pentagons()),
        **reverse_runs.reverse_tables(reverse_runs.reversed_run()),
        **reverse_runs.generalise_again_tables(),
    }
    chosen = {name: c for name, c in claims.claims.items() if c.criterion.table in tables}
    found = judge(
        claims.model_copy(update={"claims": chosen}), tables, "pearce2023", "cpu"
    ).set_index("claim")
    assert len(found) > 50
    # Two of three seeds of the main network generalise; no claim about these has three.
    assert found.loc["grokking-share", "networks"] == "2 of 3 seeds"
    assert found.loc["star-doubles-the-angle", "reason"] == "seeds: 2 of at least 3"
    assert found.loc["reverse-accuracy-lost", "statistic"] == pytest.approx(1 / 3)

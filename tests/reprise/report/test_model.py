import pytest


def test_counts_name_every_verdict(make):
    assert make.model().counts == {
        "reproduced": 1,
        "partly": 1,
        "not reproduced": 1,
        "not tested at this scale": 1,
    }
    assert sum(make.model(make.paper(verdicts=())).counts.values()) == 0


def test_totals_are_sums_over_papers(make):
    both = make.model(make.paper(), make.paper("dai2022", verdicts=(make.row(), make.row())))
    assert both.counts["reproduced"] == 3
    assert both.counts["partly"] == 1


def test_claims_of_a_figure_are_its_own(make):
    names = [row.claim for row in make.paper().claims_of("accuracy")]
    assert names == ["delay", "width"]


def test_unknown_verdicts_and_states_are_refused(make):
    with pytest.raises(ValueError, match="'maybe' is none of"):
        make.row(verdict="maybe")
    with pytest.raises(ValueError, match="'fine' is none of"):
        make.figure(state="fine")

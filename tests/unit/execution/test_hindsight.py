"""Predictions in hindsight, on samples whose times are known."""

import pytest

from reprise.execution.hindsight import hindsight, ratio
from reprise.execution.samples import Sample, Work


def sample(run: str, train_s: float) -> Sample:
    return Sample(Work((run, "task", "model", "float32"), 1, 117, 1e6), 1.0, 1.0, train_s)


def test_every_sample_is_told_from_those_that_are_not_alike() -> None:
    samples = [sample("a/x", 11.0), sample("a/x", 11.0), sample("b/y", 21.0)]
    found = hindsight(samples, lambda s: s.work.family[0])
    assert [h.took_s for h in found] == [12.0, 12.0, 22.0]
    # 117 updates, of which 16 are in the first second.
    assert [h.told_s for h in found] == pytest.approx([22.0, 22.0, 12.0], rel=0.2)
    assert ratio(found) == pytest.approx(56 / 46, rel=0.2)
    assert ratio(found[2:]) == pytest.approx(12 / 22, rel=0.2)


def test_what_nothing_else_tells_of_is_left_out() -> None:
    samples = [sample("a/x", 11.0), sample("a/y", 11.0)]
    assert hindsight(samples, lambda s: s.work.family[0].partition("/")[0]) == []
    assert len(hindsight(samples, id)) == 2

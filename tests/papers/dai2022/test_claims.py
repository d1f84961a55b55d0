"""Claims change their verdict with what they are about."""

import made_up_answers
import numpy as np
import pytest
from made_up_tables import momentum_tables, tables

from reprise.specs.claims import CONTRADICTED, INCONCLUSIVE, NOT_TESTED, REPRODUCED
from reprise.specs.load import Config, load_claims, load_paper
from reprise.stats.verdicts import judge

CLAIMS = load_claims(load_paper("dai2022", Config()))
JUDGED = ("task_values", "overall", "controls")


def verdicts(datasets, effect=True, known=None, only=JUDGED):
    """Claim -> verdict; of ``known`` tables all but ``only`` stay."""
    made = (known or momentum_tables(effect)) | tables(datasets, only)
    return judge(CLAIMS, made, "dai2022", "night").set_index("claim")["verdict"]


@pytest.fixture(scope="module")
def found(planted, whole):
    return verdicts(planted, known=whole, only=())


UNSURE = {"momentum-few-shot-tasks"}
"""Six tasks of six leave room for less than two thirds of all."""


def test_everything_is_reproduced_where_everything_is_true(found):
    assert set(found.index[found != REPRODUCED]) == UNSURE
    assert set(found[list(UNSURE)]) == {INCONCLUSIVE}


def test_nothing_is_reproduced_where_nothing_is(null):
    found = verdicts(null, effect=False)
    held = set(found.index[found == REPRODUCED])
    # Of dozens of intervals of 95 % about nothing, one or two lie above.
    assert len(held) <= 2, held
    for claim in ("icl-gain", "momentum-drop", "relaxation-keeps-direction"):
        assert found[claim] == CONTRADICTED, claim
    for claim in ("simaou", "kendall", "simam-gain", "untrained-simaou"):
        assert found[claim] == NOT_TESTED, claim


def changed(planted, change):
    """The planted arrays with ``change`` applied to those of measures."""
    return {
        name: change(dict(arrays)) if name.startswith("measures") else arrays
        for name, arrays in planted.items()
    }


def scaled(factors):
    """All arrays whose names begin so, times a factor."""

    def change(arrays):
        own = {
            name: factor * arrays[name]
            for start, factor in factors.items()
            for name in arrays
            if name.startswith(start)
        }
        return arrays | own

    return change


def alike(arrays):
    """Little similarity, and the rest of it in the last layers."""
    factors = {"main.simaou.": 0.2, "main.kendall.": 0.2, "main.simam_a": 0.7}
    return scaled(factors)(arrays) | flattened(arrays)


def elsewhere(arrays):
    """As much similarity without what should make it, and at one rate alone."""
    factors = {"controls.untrained.": 0.3, "controls.layer_causal.": 0.5, "controls.ascent.": -4}
    factors |= {"controls.cross_task.": 3, "controls.unrelated.": 3, "main.kendall_rate0": 0.5}
    found = scaled(factors)(arrays)
    for name, factor in {"rates.simaou": 0.1, "rates.simam_after": 0.5}.items():
        found = one_rate(found, name, factor)
    return found


ALIKE = """
simaou simaou-every-task simaou-prompt-end kendall kendall-every-task kendall-prompt-end
kendall-over-position simam-gain middle-above-last
""".split()
ELSEWHERE = """
untrained-simaou untrained-simaou-raw layer-causal-simaou simaou-needs-the-task
simaou-needs-descent simam-delta-needs-descent simaou-needs-related-text
kendall-without-learning simaou-every-rate simam-gain-every-rate
""".split()


@pytest.mark.parametrize(("change", "claims"), [(alike, ALIKE), (elsewhere, ELSEWHERE)])
def test_claims_are_contradicted_with_what_they_are_about(planted, whole, change, claims):
    found = verdicts(changed(planted, change), known=whole)
    for claim in claims:
        assert found[claim] == CONTRADICTED, claim
    assert (found == REPRODUCED).sum() > 0.5 * len(found)


def one_rate(arrays, name, factor, rate=0):
    """The measure is lower at one rate."""
    values = arrays[name].copy()
    values[rate] *= factor
    return arrays | {name: values}


def flattened(arrays):
    """SimAM of changes with its layers reversed in order of size: highest at the end."""
    name = "main.simam_delta.label0"
    return {name: np.sort(arrays[name], axis=-1)}


def test_where_nothing_is_learned_in_context_its_similarity_is_not_judged(planted, whole):
    def change(arrays):
        answers = arrays["zsl.log_probs"]
        # What an unstable rate has never counts.
        arrays = one_rate(arrays, "rates.simam_after", -1.0, rate=-1)
        return arrays | {"icl.log_probs": np.stack([answers, answers])}

    found = verdicts(changed(planted, change), known=whole)
    assert found["simaou"] == found["untrained-simaou"] == NOT_TESTED
    assert found["icl-gain"] == CONTRADICTED
    assert found["ft-gain"] == found["simam-gain-every-rate"] == REPRODUCED


def test_few_corrections_are_not_judged(planted, whole):
    def change(arrays):
        few = arrays["ft.log_probs"].copy()
        few[:, 15:] = arrays["zsl.log_probs"][15:]
        return arrays | {"ft.log_probs": few}

    found = verdicts(changed(planted, change), known=whole, only=("overall",))
    for claim in ("rec2ftp", "rec2ftp-above-base", "rec2ftp-above-other-demonstrations"):
        assert found[claim] == NOT_TESTED


def test_claims_are_judged_over_tasks_or_seeds(whole):
    found = judge(CLAIMS, whole, "dai2022", "night").set_index("claim")
    assert found["statistic"].notna().all()
    assert found.loc["icl-gain", "networks"] == "6 of 6 tasks, one network"
    assert found.loc["momentum-drop", "networks"] == "3 of 3 seeds"
    headlines = load_paper("dai2022", Config()).headlines.claims
    assert {"finding", "critique", "control"} <= set(found.loc[list(headlines), "kind"])
    one = [name for name in headlines if found.loc[name, "networks"] == "one network"]
    # Pooled over six tasks, each with networks of its own.
    assert one == ["rec2ftp", "rec2ftp-above-base"]
    assert len(made_up_answers.TASKS) == 6

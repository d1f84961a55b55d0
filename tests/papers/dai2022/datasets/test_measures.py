"""Search, measures and controls on a tiny network, against what each must be."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pytest
from tiny_model import LABELS, network, prompts

from papers.dai2022.analysis.update_similarity import cosine
from papers.dai2022.datasets.control_networks import random_update, untrained
from papers.dai2022.datasets.controls import COMPARISONS
from papers.dai2022.datasets.measures import measures
from papers.dai2022.datasets.search import most_accurate, search
from papers.dai2022.datasets.sequences import demonstrations
from papers.dai2022.datasets.similarities import Passes, placed, similarities, token_queries
from papers.dai2022.models.decoder import parts
from papers.dai2022.models.decoder_answers import Recording, finetune
from reprise.results import Inputs
from reprise.specs.errors import ConfigError
from reprise.training.progress import listening


@pytest.fixture(scope="module")
def searched(tiny: Inputs) -> Inputs:
    """``tiny`` with the search's result among its datasets."""
    return replace(tiny, datasets={**tiny.datasets, "search_mr": search(tiny)})


def measured(inputs: Inputs, **params: object) -> dict[str, np.ndarray]:
    """What ``measures`` finds, by default without controls."""
    known = {"task": "mr", "other": "subj", "kendall_queries": 5, "control_queries": 3}
    return measures(replace(inputs, params={**known, "comparisons": [], "orders": 0, **params}))


def test_the_most_accurate_choice_is_the_first_of_equals() -> None:
    scores = np.array([[[0.0, 1], [0, 1]], [[1, 0], [0, 1]], [[1, 0], [0, 1]]])
    assert most_accurate(scores, np.array([0, 1])) == 1


def test_a_search_chooses_by_the_selection_and_tells_the_papers_choice(tiny: Inputs) -> None:
    found = search(tiny)
    arrays = tiny.datasets["prompts_mr"]
    assert found["icl.selection"].shape == (2, 7, len(LABELS))
    assert found["ft.evaluation"].shape == (2, 7, len(LABELS))
    right = (found["ft.selection"].argmax(-1) == arrays["selection_labels"]).mean(-1)
    assert found["rate_index"] == right.argmax()
    right = (found["ft.evaluation"].argmax(-1) == arrays["query_labels"]).mean(-1)
    assert found["paper_rate_index"] == right.argmax()
    assert not np.allclose(found["ft.selection"][0], found["ft.selection"][1])


def test_the_papers_choice_can_see_fewer_queries(tiny: Inputs) -> None:
    few = search(replace(tiny, params={**tiny.params, "evaluation": 3}))
    whole = search(tiny)
    assert few["labels"].tolist() == whole["labels"][:3].tolist()
    np.testing.assert_allclose(few["ft.evaluation"], whole["ft.evaluation"][:, :3], atol=1e-5)


@dataclass
class Counter:
    """Listens to how far a job is."""

    totals: list[int] = field(default_factory=list)
    count: int = 0

    def phase(self, name: str) -> AbstractContextManager[None]:
        return nullcontext()

    def expect(self, total: int, what: str) -> None:
        self.totals.append(total)

    def done(self, count: int) -> None:
        self.count += count


@pytest.mark.parametrize("make", [search, measured])
def test_every_reading_of_a_query_is_told(searched: Inputs, make: Any) -> None:
    heard = Counter()
    with listening(heard):
        if make is search:
            make(searched)
        else:
            make(searched, comparisons=["main"], orders=1)
    assert heard.totals == [heard.count]


@pytest.mark.faults
def test_prompts_longer_than_the_networks_context_are_refused(
    tiny: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = network()
    small.spec = small.spec.model_copy(update={"context": 40})
    monkeypatch.setattr("papers.dai2022.datasets.search.model", lambda inputs: small)
    with pytest.raises(ConfigError, match=r"prompts_mr\.params\.context: .* reads 40 at once"):
        search(tiny)


def test_measures_have_a_value_for_every_query_and_layer(searched: Inputs) -> None:
    found = measured(searched)
    for name, values in found.items():
        assert np.isfinite(values).all(), name
        if name.startswith("main."):
            assert values.shape == (5 if "kendall" in name else 7, 2), name
            assert (np.abs(values) <= 1 + 1e-5).all(), name
    assert found["zsl.free"].shape == (3, len(LABELS))
    np.testing.assert_allclose(
        found["ft.log_probs"],
        searched.datasets["search_mr"]["ft.evaluation"][
            int(searched.datasets["search_mr"]["rate_index"])
        ],
        atol=1e-5,
    )


def test_controls_on_the_same_queries_are_what_was_measured(searched: Inputs) -> None:
    found = measured(searched, kendall_queries=7, control_queries=4, comparisons=["main", "rate0"])
    own = {n.removeprefix("controls."): v for n, v in found.items() if n.startswith("controls.")}
    assert own["labels"].tolist() == found["labels"][:4].tolist()
    for name, values in own.items():
        if name.startswith("main.") and not name.endswith((".icl", ".ft")):
            np.testing.assert_allclose(values, found[name][:4], atol=1e-5, err_msg=name)
    np.testing.assert_allclose(own["main.icl"], found["icl.log_probs"][:4], atol=1e-5)
    # Without an update nothing changes, so that before and after are one thing.
    before, after = (own[f"rate0.simam_{when}.label0"] for when in ("before", "after"))
    np.testing.assert_allclose(before, after, atol=1e-6)
    assert (own["rate0.simaou.label0"] == 0).all()
    np.testing.assert_allclose(
        own["rate0.kendall.label0"], found["main.kendall_rate0.label0"][:4], atol=1e-6
    )


@pytest.mark.parametrize("checked", [1, 7, 50])
def test_measures_are_the_same_however_many_queries_are_controlled(
    searched: Inputs, checked: int
) -> None:
    known = measured(searched)
    found = measured(searched, control_queries=checked)
    for name, values in known.items():
        if not name.startswith("controls.") and "random" not in name and "gaussian" not in name:
            np.testing.assert_allclose(found[name], values, atol=1e-4, err_msg=name)


def test_every_control_and_other_orders_are_measured(searched: Inputs) -> None:
    found = measured(searched, comparisons=list(COMPARISONS), orders=2)
    for name in COMPARISONS:
        assert found[f"controls.{name}.simaou.prompt_end"].shape == (3, 2)
        assert np.isfinite(found[f"controls.{name}.icl"]).all()
    maps = {name: found[f"controls.{name}.simam_after.label0"] for name in COMPARISONS}
    same = [n for n, own in maps.items() if n != "main" and np.allclose(own, maps["main"])]
    assert not same
    orders = found["controls.order.icl"]
    assert orders.shape == found["controls.order.ft"].shape == (2, 3, len(LABELS))
    assert not np.allclose(orders[0], orders[1])


@pytest.mark.faults
def test_an_unknown_control_is_named(searched: Inputs) -> None:
    with pytest.raises(ConfigError, match=r"'asent'.*did you mean 'ascent'"):
        measured(searched, comparisons=["asent"])


def test_vectors_of_demonstrations_come_in_the_order_of_the_context() -> None:
    shown = demonstrations(prompts(), 0)
    tokens, lengths = shown.sequences()
    queries = [np.tile(row[:, None].astype(float), (2, 1, 1)) for row in tokens]
    context, examples = shown.context(), shown.examples()
    found = token_queries(queries, lengths)
    assert found.shape[0] == 2
    assert found[1, :, 0].tolist() == context[examples >= 0].tolist()


def recording(rng: np.random.Generator, tokens: int, first: int) -> Recording:
    """Scores of one query: noise where no token of its own is, else by the token's number."""
    scores = rng.normal(size=(2, 2, 3, 1, tokens))
    return Recording(np.zeros((1, 3)), rng.normal(size=(2, 2, 1, 5)), scores, None, scores)


def test_attention_maps_are_compared_over_the_querys_own_tokens() -> None:
    rng = np.random.default_rng(0)
    zsl, icl, ft = (recording(rng, n, s) for n, s in ((8, 1), (7, 0), (8, 1)))
    found = similarities(Passes(zsl, icl, ft, np.array([4])))
    for index, position in enumerate(("prompt_end", "label0")):
        own = slice(1, 5 + index), slice(0, 4 + index)
        a, b = icl.own_scores[index, ..., own[1]], zsl.own_scores[index, ..., own[0]]
        expected = cosine(a, b).mean(1).T
        np.testing.assert_allclose(found[f"simam_before.{position}"], expected)


def test_batches_are_put_back_in_their_rows() -> None:
    parts = [(np.array([2, 0]), {"a": np.array([[2.0], [0]])}), (np.array([1]), {"a": [[1.0]]})]
    parts[1][1]["a"] = np.array([[1.0]])
    assert placed(parts, 3)["a"].ravel().tolist() == [0, 1, 2]


def test_a_random_update_is_as_long_as_the_real_one() -> None:
    module, shown = network(), demonstrations(prompts(), 0)
    tuned = finetune(module, *shown.sequences(), 0.1).module
    moved = random_update(module, tuned, np.random.default_rng(0))
    before, after, other = (parts(m)[1] for m in (module, tuned, moved))
    for name, weights in before.items():
        lengths = [
            np.linalg.norm(np.asarray(x[name] - weights).reshape(2, -1), axis=1)
            for x in (after, other)
        ]
        np.testing.assert_allclose(lengths[0], lengths[1], rtol=1e-4)
        assert (lengths[0] > 0).all() == (name in ("key", "value"))


@pytest.mark.parametrize("keep", [True, False])
def test_untrained_networks_keep_norms_and_deviations(keep: bool) -> None:
    module = network()
    other = untrained(module, np.random.default_rng(0), keep)
    (outer, layers), (outer2, layers2) = parts(module), parts(other)
    assert np.array_equal(outer["embedding"], outer2["embedding"]) == keep
    for name, weights in layers.items():
        same = np.array_equal(weights, layers2[name])
        assert same == ("norm" in name), name
        np.testing.assert_allclose(np.std(weights), np.std(layers2[name]), rtol=0.3)

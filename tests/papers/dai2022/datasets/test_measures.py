"""Choices, measures and controls on a tiny network, against what each must be."""

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from tiny_model import LABELS, network, prompts

from papers.dai2022.analysis.label_answers import right
from papers.dai2022.analysis.update_similarity import cosine
from papers.dai2022.datasets.choices import (
    STABLE,
    chosen_rate,
    last_bits,
    most_accurate,
    rounding_share,
)
from papers.dai2022.datasets.control_networks import random_update, untrained
from papers.dai2022.datasets.controls import COMPARISONS
from papers.dai2022.datasets.measures import measures
from papers.dai2022.datasets.sequences import demonstrations, log_probs, sequences
from papers.dai2022.datasets.similarities import Passes, placed, similarities, token_queries
from papers.dai2022.models.decoder import parts
from papers.dai2022.models.decoder_answers import (
    Recording,
    finetune,
    read_prefix,
    replaced,
    trained,
)
from reprise.results import Inputs
from reprise.specs.errors import ConfigError
from reprise.training.progress import listening


def measured(inputs: Inputs, **params: object) -> dict[str, np.ndarray]:
    """What ``measures`` finds with some parameters changed."""
    return measures(replace(inputs, params={**inputs.params, **params}))


@pytest.fixture(scope="module")
def found(tiny: Inputs) -> dict[str, np.ndarray]:
    return measured(tiny)


@pytest.fixture(scope="module")
def altered(tiny: Inputs) -> dict[str, np.ndarray]:
    # With this seed shuffled labels differ from the demonstrations' own.
    return measured(tiny, comparisons=list(COMPARISONS), seed=1)


def test_every_query_order_and_layer_has_a_value(found: dict[str, np.ndarray]) -> None:
    for name, values in found.items():
        assert np.isfinite(values).all(), name
        if name.startswith("main."):
            assert values.shape == (2, 5 if "kendall" in name else 7, 2), name
            assert (np.abs(values) <= 1 + 1e-5).all(), name
    assert found["zsl.free"].shape == (3, len(LABELS))
    assert found["icl.free"].shape == found["ft.free"].shape == (2, 3, len(LABELS))
    assert found["rates.ft"].shape == (2, 1, 7, len(LABELS))
    assert found["rates.kendall"].shape == (2, 1, 5, 2)


def test_answers_are_those_of_a_network_finetuned_on_its_own(
    tiny: Inputs, found: dict[str, np.ndarray]
) -> None:
    module, arrays = network(), tiny.datasets["prompts_mr"]
    shown = demonstrations(arrays, int(found["selection.seed_index"]))
    tuned = finetune(module, *shown.sequences(), [0.1])[0].module
    alone = sequences(arrays, "queries", False)
    answers = log_probs(tuned, alone, arrays["label_tokens"])
    np.testing.assert_allclose(found["rates.ft"][1, 0], answers, atol=1e-4)
    prefix = read_prefix(module, shown.context())
    after = log_probs(module, sequences(arrays, "queries", True), arrays["label_tokens"], prefix)
    np.testing.assert_allclose(found["icl.log_probs"][0], after, atol=1e-4)
    assert not np.allclose(found["icl.log_probs"][0], found["icl.log_probs"][1])
    assert not np.allclose(found["ft.log_probs"][0], found["ft.log_probs"][1])


def test_what_is_reported_is_that_of_the_chosen_rate(found: dict[str, np.ndarray]) -> None:
    rate = int(found["selection.rate_index"])
    np.testing.assert_array_equal(found["ft.log_probs"][:1], found["rates.ft"][rate])
    for name in ("simaou", "kendall"):
        main = found[f"main.{name}.label0"]
        np.testing.assert_array_equal(main[:1], found[f"rates.{name}"][rate])


def test_choices_are_made_on_questions_that_are_not_reported(
    tiny: Inputs, found: dict[str, np.ndarray]
) -> None:
    labels = tiny.datasets["prompts_mr"]["selection_labels"]
    assert found["selection.icl"].shape == (2, 7, len(LABELS))
    assert found["selection.ft"].shape == (2, 2, 7, len(LABELS))
    assert found["selection.seed_index"] == most_accurate(right(found["selection.icl"], labels))
    hits, rounding = right(found["selection.ft"], labels), found["selection.rounding"]
    assert found["selection.rate_index"] == chosen_rate(hits, rounding)
    assert (rounding < STABLE).all()


def test_the_highest_rate_within_an_error_of_the_best_stable_one_is_chosen() -> None:
    calm, accuracy = np.zeros(4), np.array([0.9, 0.8, 0.79, 0.3])
    hits = np.tile(np.arange(400) < 400 * accuracy[:, None], (3, 1, 1))
    assert chosen_rate(hits, calm) == 0
    assert chosen_rate(hits[:, 1:], calm[1:]) == 1
    # The last one is best, and another one on every other processor.
    assert chosen_rate(hits[:, [3, 1, 2, 0]], np.array([0, 0, 0, 0.6])) == 2
    # Above an unstable rate none is stable, whatever one probe of it says.
    assert chosen_rate(hits[:, 1:], np.array([0, 0.6, 0.001])) == 0
    assert chosen_rate(hits, np.array([0.9, 0.6, 0.5, np.inf])) == 0
    assert chosen_rate(np.ones((3, 4, 50), bool), calm) == 3


def test_a_flipped_answer_does_not_turn_the_choice() -> None:
    """Rounding flips a few answers: the best of all changes with them, the choice does not."""
    rng = np.random.default_rng(1)
    best, chosen = set(), set()
    hits = rng.random((3, 4, 50)) < np.array([0.5, 0.7, 0.7, 0.7])[:, None]
    hits[:, 2:] = hits[:, 1:2]
    for _ in range(40):
        flipped = hits ^ (rng.random(hits.shape) < 0.005)
        best.add(most_accurate(flipped.swapaxes(0, 1).reshape(4, -1)))
        chosen.add(chosen_rate(flipped, np.zeros(4)))
    assert len(best) > 1
    assert len(chosen) == 1


def test_the_most_accurate_choice_is_the_first_of_equals() -> None:
    assert most_accurate(np.array([[True, False], [True, True], [True, True]])) == 1


def test_rounding_is_told_from_another_network() -> None:
    module, shown = network(), demonstrations(prompts(), 0)
    one, wild = (tuned.module for tuned in finetune(module, *shown.sequences(), [0.05, 2.0]))
    shaken = last_bits(module, np.random.default_rng(0))
    for name, weights in trained(module).items():
        moved = np.abs(np.asarray(trained(shaken)[name]) / np.asarray(weights) - 1)
        assert 0 < moved.max() < 3e-7
    again = finetune(shaken, *shown.sequences(), [0.05])[0].module
    assert rounding_share(module, one, again) < 1e-3
    assert rounding_share(module, one, wild) > 1
    broken = {name: weights * np.nan for name, weights in trained(module).items()}
    assert rounding_share(module, one, replaced(module, broken)) == np.inf


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


def test_every_reading_of_all_queries_is_told(tiny: Inputs) -> None:
    heard = Counter()
    with listening(heard):
        measured(tiny, comparisons=["untrained"])
    assert heard.totals == [heard.count]


@pytest.mark.faults
def test_prompts_longer_than_the_networks_context_are_refused(
    tiny: Inputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = network()
    small.spec = small.spec.model_copy(update={"context": 40})
    monkeypatch.setattr("papers.dai2022.datasets.measures.model", lambda inputs: small)
    with pytest.raises(ConfigError, match=r"prompts_mr\.params\.context: .* reads 40 at once"):
        measured(tiny)


@pytest.mark.faults
def test_rates_have_to_ascend(tiny: Inputs) -> None:
    with pytest.raises(ConfigError, match="learning_rates must ascend"):
        measured(tiny, learning_rates=[0.1, 0.01])


@pytest.mark.parametrize("checked", [1, 7, 50])
def test_measures_are_the_same_however_many_queries_are_controlled(
    tiny: Inputs, found: dict[str, np.ndarray], checked: int
) -> None:
    for name, values in measured(tiny, control_queries=checked).items():
        if not any(word in name for word in ("random", "gaussian")):
            np.testing.assert_allclose(values, found[name], atol=1e-4, err_msg=name)


def test_every_control_is_measured_and_differs(altered: dict[str, np.ndarray]) -> None:
    own = {n.removeprefix("controls."): v for n, v in altered.items() if n.startswith("controls.")}
    for name in COMPARISONS:
        assert own[f"{name}.simaou.prompt_end"].shape == (3, 2)
        assert np.isfinite(own[f"{name}.icl"]).all()
        for side in ("icl", "ft"):
            assert own[f"{name}.{side}"].shape == (3, len(LABELS))
    main = altered["main.simam_after.label0"][0, :3]
    maps = {name: own[f"{name}.simam_after.label0"] for name in COMPARISONS}
    assert not [name for name, values in maps.items() if np.allclose(values, main)]
    for name in ("ascent", "random_update"):
        np.testing.assert_allclose(own[f"{name}.icl"], altered["icl.log_probs"][0, :3], atol=1e-5)
    for name in ("unrelated", "cross_task"):
        np.testing.assert_allclose(own[f"{name}.ft"], altered["ft.log_probs"][0, :3], atol=1e-5)


def test_tasks_draw_their_random_networks_apart(tiny: Inputs, altered: dict) -> None:
    other = {"prompts_subj": tiny.datasets["prompts_mr"], "prompts_mr": prompts(1)}
    found = measures(
        replace(
            tiny,
            datasets=other,
            params={
                **tiny.params,
                "task": "subj",
                "other": "mr",
                "comparisons": ["untrained"],
                "seed": 1,
            },
        )
    )
    name = "controls.untrained.simaou.label0"
    assert not np.allclose(found[name], altered[name])


@pytest.mark.faults
def test_an_unknown_control_is_named(tiny: Inputs) -> None:
    with pytest.raises(ConfigError, match=r"'asent'.*did you mean 'ascent'"):
        measured(tiny, comparisons=["asent"])


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
    assert placed(parts)["a"].ravel().tolist() == [0, 1, 2]
    assert placed([]) == {}


def test_a_random_update_is_as_long_as_the_real_one() -> None:
    module, shown = network(), demonstrations(prompts(), 0)
    tuned = finetune(module, *shown.sequences(), [0.1])[0].module
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

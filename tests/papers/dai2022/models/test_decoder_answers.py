"""Prompts through a decoder: prefixes, recordings and finetuning against plain arithmetic."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from decoder_examples import LLAMA, OPTIONS, SMALL, XGLM, build
from decoder_reference import forward, log_softmax, weights_of

from papers.dai2022.models import decoder_answers as model
from papers.dai2022.models.decoder import Network, logits, parts

KINDS = {"llama": LLAMA, "fairseq": XGLM}
ENDS = np.array([4, 2, 6])
CANDIDATES = np.array([7, 1])


def queries(seed=1):
    """Three queries of 8 tokens, whose tokens after ``ends + 1`` are padding."""
    return np.random.default_rng(seed).integers(0, 11, (3, 8)).astype(np.int32)


def context(tokens=13):
    return np.random.default_rng(2).integers(0, 11, tokens).astype(np.int32)


def expected(network, tokens):
    return forward(network.spec, weights_of(network), tokens)


@pytest.mark.parametrize("fields", KINDS.values(), ids=KINDS)
def test_log_probabilities_are_over_the_vocabulary_at_the_end_of_each_query(fields):
    network, x = build(**fields), queries()
    found = model.record(network, x, ENDS, CANDIDATES).log_probs
    assert found.shape == (3, 2)
    for row, end, log_probs in zip(x, ENDS, found, strict=True):
        whole = log_softmax(expected(network, row).logits[end])
        np.testing.assert_allclose(log_probs, whole[CANDIDATES], atol=1e-4)


@pytest.mark.parametrize("fields", OPTIONS.values(), ids=OPTIONS)
def test_after_a_prefix_a_query_reads_as_if_it_had_been_one_text(fields):
    network, x, before = build(**fields), queries(), context()
    prefix = model.read_prefix(network, before)
    assert prefix.length == len(before)
    np.testing.assert_allclose(prefix.queries, expected(network, before).queries, atol=1e-4)
    found = model.record(network, x, ENDS, CANDIDATES, prefix)
    assert found.demo_scores.shape == (2, 2, 3, 13)
    for query, end in enumerate(ENDS):
        seen = expected(network, np.concatenate([before, x[query]]))
        chances = log_softmax(seen.logits[13 + end])[CANDIDATES]
        np.testing.assert_allclose(found.log_probs[query], chances, atol=1e-4)
        for position, t in enumerate((13 + end, 14 + end)):
            for layer in range(2):
                at = (position, layer, query)
                np.testing.assert_allclose(found.hidden[at], seen.hidden[layer][t], atol=1e-4)
                np.testing.assert_allclose(found.queries[at], seen.queries[layer][t], atol=1e-4)
                scores = seen.scores[layer][:, t]
                own = found.own_scores[position, layer, :, query]
                np.testing.assert_allclose(own, scores[:, 13:], atol=1e-4)
                summed = scores[:, :13].sum(axis=0)
                np.testing.assert_allclose(found.demo_scores[at], summed, atol=2e-4)


@pytest.mark.parametrize("fields", KINDS.values(), ids=KINDS)
def test_a_recording_holds_what_each_layer_does_at_two_positions(fields):
    network, x = build(**fields), queries()
    found = model.record(network, x, ENDS, CANDIDATES)
    heads, size = network.spec.heads, network.spec.size
    assert found.hidden.shape == (2, 2, 3, network.spec.width)
    assert found.own_scores.shape == (2, 2, heads, 3, 8)
    assert found.queries.shape == (2, 2, 3, heads * size)
    assert found.demo_scores is None
    for query, end in enumerate(ENDS):
        seen = expected(network, x[query])
        for position, t in enumerate((end, end + 1)):
            for layer in range(2):
                at = (position, layer, query)
                np.testing.assert_allclose(found.hidden[at], seen.hidden[layer][t], atol=1e-4)
                np.testing.assert_allclose(found.queries[at], seen.queries[layer][t], atol=1e-4)
                own = found.own_scores[position, layer, :, query]
                np.testing.assert_allclose(own, seen.scores[layer][:, t], atol=1e-4)
                assert (own[:, t + 1 :] == 0).all()


def test_what_pads_a_query_never_matters():
    network, before = build(**LLAMA), context()
    x, other = queries(), queries()
    for row, end in zip(other, ENDS, strict=True):
        row[end + 2 :] = (row[end + 2 :] + 5) % 11
    prefix = model.read_prefix(network, before)
    for given in (None, prefix):
        one = model.record(network, x, ENDS, CANDIDATES, given)
        two = model.record(network, other, ENDS, CANDIDATES, given)
        for first, second in zip(one, two, strict=True):
            np.testing.assert_array_equal(first, second)


def test_prefixes_of_one_block_share_what_is_compiled():
    network, x = build(**SMALL, vocabulary=13), queries()
    passes = model.passes
    before = passes.read._cache_size(), passes.record._cache_size()
    for tokens in (5, 9, 20):
        prefix = model.read_prefix(network, context(tokens))
        model.record(network, x, ENDS, CANDIDATES, prefix)
    after = passes.read._cache_size(), passes.record._cache_size()
    assert after == (before[0] + 1, before[1] + 1)


DEMONSTRATIONS = np.random.default_rng(5).integers(0, 11, (4, 7)).astype(np.int32)
LENGTHS = np.array([7, 4, 4, 7])


def moved(network, rate, slope_of):
    """Trained weights after plain steps, each on one demonstration without padding."""
    weights = model.trained(network)
    slope_of = jax.jit(partial(slope_of, network))
    for row, length in zip(DEMONSTRATIONS, LENGTHS, strict=True):
        slope = slope_of(weights, jnp.asarray(row[:length]))
        weights = {name: value - rate * slope[name] for name, value in weights.items()}
    return weights


def whole_gradient(network, weights, tokens):
    def loss(chosen):
        outer, layers = parts(network)
        found = logits(network.spec, outer, layers | chosen, tokens[None])[0, :-1]
        return -jax.nn.log_softmax(found)[jnp.arange(len(tokens) - 1), tokens[1:]].mean()

    return jax.grad(loss)(weights)


def layers_alone(network, weights, tokens):
    """The gradient of each layer's own loss: of the network cut after it, other layers held."""
    outer, layers = parts(network)
    found = {name: [] for name in weights}
    for number in range(network.spec.layers):
        shape = network.spec.model_copy(update={"layers": number + 1})

        def loss(own, shape=shape, number=number):
            whole = layers | weights
            whole |= {name: whole[name].at[number].set(own[name]) for name in own}
            cut = {name: value[: number + 1] for name, value in whole.items()}
            rows = logits(shape, outer, cut, tokens[None])[0, :-1]
            return -jax.nn.log_softmax(rows)[jnp.arange(len(tokens) - 1), tokens[1:]].mean()

        slope = jax.grad(loss)({name: value[number] for name, value in weights.items()})
        for name, value in slope.items():
            found[name].append(value)
    return {name: jnp.stack(slopes) for name, slopes in found.items()}


@pytest.mark.parametrize("fields", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("causal", [False, True], ids=["whole", "layer-causal"])
def test_finetuning_takes_one_plain_step_per_demonstration(fields, causal):
    network = build(**fields)
    (_, (tuned, queries)) = model.finetune(
        network, DEMONSTRATIONS, LENGTHS, [0.1, 0.3], layer_causal=causal
    )
    assert [each.shape for each in queries] == 4 * [(2, 7, network.spec.width)]
    wanted = moved(network, 0.3, layers_alone if causal else whole_gradient)
    found = model.trained(tuned)
    assert set(found) == {"key", "value"} | (
        {"key_bias", "value_bias"} if network.spec.biases else set()
    )
    for name, value in found.items():
        np.testing.assert_allclose(value, wanted[name], atol=2e-5, rtol=1e-4)
        if name != "key_bias":
            assert float(abs(value - model.trained(network)[name]).max()) > 1e-3


def test_the_two_gradients_differ_below_the_last_layer_only():
    network = build(**LLAMA)
    one = (DEMONSTRATIONS[:1], LENGTHS[:1], [0.5])
    whole, causal = (
        model.trained(model.finetune(network, *one, layer_causal=way)[0].module)
        for way in (False, True)
    )
    for name in ("key", "value"):
        np.testing.assert_allclose(whole[name][-1], causal[name][-1], atol=1e-5)
        assert float(abs(whole[name][0] - causal[name][0]).max()) > 1e-3


def test_a_gradient_is_that_of_finite_differences_in_float64():
    network = build(**LLAMA)
    tokens, weights = DEMONSTRATIONS[0], weights_of(network)
    tuned = model.trained(model.finetune(network, tokens[None], LENGTHS[:1], [1.0])[0].module)
    slope = np.asarray(model.trained(network)["key"] - tuned["key"])

    def loss(at, step):
        changed = weights["key"].copy()
        changed[at] += step
        seen = forward(network.spec, weights | {"key": changed}, tokens)
        return -log_softmax(seen.logits[:-1])[np.arange(6), tokens[1:]].mean()

    for at in ((0, 3, 5), (1, 10, 2), (1, 20, 7)):
        difference = (loss(at, 1e-5) - loss(at, -1e-5)) / 2e-5
        assert slope[at] == pytest.approx(difference, abs=2e-5)


def test_queries_are_recorded_just_before_each_step():
    network = build(**LLAMA)
    ((_, recorded),) = model.finetune(network, DEMONSTRATIONS, LENGTHS, [0.3])
    ((before, _),) = model.finetune(network, DEMONSTRATIONS[:2], LENGTHS[:2], [0.3])
    seen = expected(before, DEMONSTRATIONS[2])
    for layer in range(2):
        found = recorded[2][layer, : LENGTHS[2]]
        np.testing.assert_allclose(found, seen.queries[layer][: LENGTHS[2]], atol=1e-4)


def test_rates_share_one_compilation_and_a_negative_one_ascends():
    network = build(**LLAMA)
    one = (network, DEMONSTRATIONS[:1], LENGTHS[:1])
    down, up, still = model.finetune(*one, [0.1, -0.1, 0.0], queries=False)
    assert down.queries == []
    size = model.finetuning._backward._cache_size()
    model.finetune(*one, [0.2, 0.3, 0.4], queries=False)
    assert model.finetuning._backward._cache_size() == size
    for name, start in model.trained(network).items():
        np.testing.assert_array_equal(model.trained(still.module)[name], start)
        steps = [model.trained(each.module)[name] - start for each in (down, up)]
        np.testing.assert_allclose(steps[0], -steps[1], atol=1e-6)


def test_untuned_is_finetuning_with_a_learning_rate_of_nothing():
    network = build(**LLAMA)
    (still,) = model.finetune(network, DEMONSTRATIONS, LENGTHS, [0.0])
    found = model.untuned(network, DEMONSTRATIONS)
    assert found.module is network
    assert [x.shape for x in found.queries] == [x.shape for x in still.queries]
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(
            found.queries[row][:, :length], still.queries[row][:, :length], atol=1e-5
        )


def test_a_long_text_reads_as_by_definition():
    network = build(**LLAMA | {"recency": "alibi"}, context=400)
    tokens = context(300)
    queries = model.read_prefix(network, tokens).queries
    seen = expected(network, tokens)
    np.testing.assert_allclose(queries, np.array(seen.queries), atol=1e-3)


def test_weights_can_be_replaced_and_the_others_are_shared():
    network = build(**LLAMA)
    doubled = {name: 2 * value for name, value in model.trained(network).items()}
    other = model.replaced(network, doubled)
    assert isinstance(other, Network)
    np.testing.assert_array_equal(model.trained(other)["key"], doubled["key"])
    assert other.embedding[...] is network.embedding[...]


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda n: model.read_prefix(n, context(33)), "33 tokens are more than .*context=32"),
        (
            lambda n: model.record(
                n, queries(), ENDS, CANDIDATES, model.read_prefix(n, context(30))
            ),
            "38 tokens are more than the model's context=32",
        ),
        (
            lambda n: model.record(n, queries(), ENDS + 1, CANDIDATES),
            "ends must be 0 to 6, got 3 to",
        ),
        (lambda n: model.finetune(n, DEMONSTRATIONS, LENGTHS - 3, [0.1]), "lengths must be 2 to 7"),
        (
            lambda n: model.finetune(n, np.zeros((1, 40), int), np.array([40]), [0.1]),
            "40 tokens are more than",
        ),
    ],
)
def test_what_does_not_fit_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call(build(**SMALL))

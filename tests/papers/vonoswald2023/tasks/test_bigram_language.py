"""Random documents: their law against Bayes' rule, base table, losses, positions, seeds."""

import itertools
from collections import Counter

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from papers.shared.rng import FromKey, FromSeed
from papers.vonoswald2023.spec import BigramLanguage
from papers.vonoswald2023.tasks import bigram_language as task
from papers.vonoswald2023.theory import dirichlet_bigrams
from reprise.specs.errors import ConfigError, validate

SPEC = BigramLanguage(
    name="bigram_language", words=3, length=5, strength=0.7, base_strength=3.0, batch_size=16384
)
LONG = SPEC.model_copy(update={"words": 20, "length": 80, "base_strength": 10.0, "batch_size": 64})


@pytest.fixture(scope="module", params=["numpy", "jax"])
def made(request):
    if request.param == "numpy":
        return task.documents(SPEC, FromSeed(3), SPEC.batch_size)
    batch = jax.jit(lambda key: task.documents(SPEC, FromKey(key), SPEC.batch_size))
    return np.asarray(batch(jax.random.key(3)))


def urn_probability(document, table, strength):
    """Probability of a document, by counting in a loop."""
    probability, pairs, singles = 1.0, Counter(), Counter()
    for now, after in itertools.pairwise(document):
        weight = pairs[now, after] + strength * table[now, after]
        probability *= weight / (singles[now] + strength)
        pairs[now, after] += 1
        singles[now] += 1
    return probability


def test_every_document_is_as_frequent_as_its_probability(made):
    table = task.base(SPEC)
    found = Counter(map(tuple, made.tolist()))
    every = [(SPEC.words, *rest) for rest in itertools.product(range(3), repeat=5)]
    expected = np.array([urn_probability(document, table, SPEC.strength) for document in every])
    assert expected.sum() == pytest.approx(1)
    counts = np.array([found[document] for document in every])
    assert counts.sum() == len(made)
    surprise = (counts - len(made) * expected) ** 2 / (len(made) * expected)
    # Chi squared with 242 degrees of freedom: five deviations above its mean is 352.
    assert surprise.sum() < 352


def test_tables_drawn_row_by_row_give_the_same_law(made):
    table, rng = task.base(SPEC), np.random.default_rng(0)
    rows = [rng.dirichlet(SPEC.strength * table[i, :3], size=20000) for i in range(4)]
    triple = {
        (a, b): (rows[3][:, a] * rows[a][:, a] * rows[a][:, b]).mean()
        for a, b in itertools.product(range(3), repeat=2)
    }
    for (a, b), expected in triple.items():
        share = ((made[:, 1:4] == (a, a, b)).all(axis=1)).mean()
        assert share == pytest.approx(expected, abs=5 * (expected / len(made)) ** 0.5)


def test_documents_begin_with_the_separator_which_never_follows():
    tokens = task.evaluation(LONG, 50, 1)["tokens"]
    assert tokens.shape == (50, 81)
    assert (tokens[:, 0] == 20).all()
    assert tokens[:, 1:].max() == 19
    assert tokens.min() == 0


def test_the_base_table_follows_zipf_and_is_the_same_for_all_seeds():
    wide = SPEC.model_copy(update={"words": 400, "base_strength": 4000.0, "zipf": 1.0})
    table = task.base(wide)
    np.testing.assert_allclose(table.sum(axis=1), 1)
    assert (table[:, -1] == 0).all()
    means = table[:-1].mean(axis=0)
    assert means[0] / means[9] == pytest.approx(10, rel=0.1)
    np.testing.assert_array_equal(table, task.base(wide.model_copy(update={"batch_size": 1})))
    assert not np.array_equal(table, task.base(wide.model_copy(update={"base_seed": 1})))


def test_batches_are_tokens_and_what_follows_them():
    batch = task.sample(LONG, jax.random.key(0))
    assert batch["x"].shape == batch["y"].shape == (64, 80)
    assert batch["x"].dtype == jnp.int32
    np.testing.assert_array_equal(batch["x"][:, 1:], batch["y"][:, :-1])
    other = task.sample(LONG, jax.random.key(1))
    assert (np.asarray(batch["y"]) != np.asarray(other["y"])).any()
    test = task.splits(LONG, 0)["test"]
    assert test["x"].shape == (LONG.test_size, 80)
    np.testing.assert_array_equal(test["x"], task.splits(LONG, 0)["test"]["x"])


def test_the_loss_of_true_probabilities_is_that_of_bayes():
    tokens = task.evaluation(LONG, 8, 2)["tokens"]
    table = task.base(LONG)
    exact = dirichlet_bigrams.bayes(tokens, table, LONG.strength)
    outputs = np.log(bayes_probabilities(tokens, table, LONG.strength) + 1e-30)
    batch = {"x": tokens[:, :-1], "y": tokens[:, 1:]}
    found = task.metrics(LONG, jnp.asarray(outputs, jnp.float32), batch)
    assert float(found["loss"]) == pytest.approx(exact.mean(), rel=1e-5)
    first, last = LONG.early, LONG.late
    gain = exact[:, last[0] - 1 : last[1]].mean() - exact[:, first[0] - 1 : first[1]].mean()
    assert float(found["gain"]) == pytest.approx(gain, rel=1e-4)
    assert float(task.loss(LONG, jnp.asarray(outputs, jnp.float32), batch)) == found["loss"]


def bayes_probabilities(tokens, table, strength):
    """All next-token probabilities, document by document."""
    found = np.zeros((*tokens[:, 1:].shape, len(table)))
    for n, document in enumerate(tokens):
        counts = np.zeros_like(table)
        for t, (now, after) in enumerate(itertools.pairwise(document)):
            row = counts[now] + strength * table[now]
            found[n, t] = row / row.sum()
            counts[now, after] += 1
    return found


@pytest.mark.parametrize(("length", "early"), [(512, (39, 63)), (64, (5, 7)), (5, (1, 1))])
def test_early_and_late_positions_are_as_many(length, early):
    spec = SPEC.model_copy(update={"length": length})
    assert spec.early == early
    first, last = spec.late
    assert (last, last - first) == (length, early[1] - early[0])


def test_wrong_fields_are_named():
    data = {**SPEC.model_dump(), "strength": 0.0}
    with pytest.raises(ConfigError, match=r"strength.*greater than 0"):
        validate(BigramLanguage, data, "paper.yaml")

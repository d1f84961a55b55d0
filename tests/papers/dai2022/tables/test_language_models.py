"""From small language models to tables 6 and 7: texts, perplexities, choice of a rate, few-shot."""

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from flax import nnx

from papers.dai2022.datasets import language_texts
from papers.dai2022.datasets.templates import prompt, words
from papers.dai2022.figures import language_rates as figures
from papers.dai2022.models import decoder
from papers.dai2022.tables import language_models, language_rates, model_and_texts
from papers.dai2022.tasks import text_tokens
from papers.dai2022.texts import corpora
from papers.dai2022.texts.examples import Example, Pools
from reprise.plotting import theme
from reprise.results import Inputs, RunResult
from reprise.specs.errors import ConfigError
from reprise.specs.runs import run_spec

WORDS = "a film of the great war that nobody in the town had seen, naïve and good".split()
TASK = {"name": "text_language", "length": 96, "batch_size": 2, "vocabulary": 400}
MODEL = {"name": "decoder", "layers": 1, "width": 8, "heads": 2, "hidden": 8}
TEXT = {"length": 96, "vocabulary": 400}
ASKED = {**TEXT, "tasks": ["sst2", "sst5"], "seeds": [1, 2], "queries": 4}


def documents(part="train"):
    rng = np.random.default_rng(len(part))
    return [" ".join(rng.choice(WORDS, size=rng.integers(3, 30))) + "." for _ in range(400)]


@pytest.fixture(autouse=True, scope="module")
def _own_text():
    """Text of its own in the place of the packages'."""
    examples = [Example((" ".join(d.split()[:4]),), i % 2) for i, d in enumerate(documents())]
    caches = text_tokens.streams, text_tokens.byte_pairs
    for cache in caches:
        cache.cache_clear()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(text_tokens, "language_text", documents)
        patch.setattr(corpora, "pools", lambda task: Pools(examples[:300], examples[300:]))
        yield
    for cache in caches:
        cache.cache_clear()


def run(seeds=(0,), rates=(None,), noise=0.0, test_loss=1.0):
    """An untrained run; ``noise`` shakes its weights."""
    members = {"seed": list(seeds)} | ({"model.momentum": list(rates)} if rates[0] else {})
    spec = run_spec("dai2022").model_validate(
        {
            "task": TASK,
            "model": MODEL,
            "optimizer": {"name": "adamw", "learning_rate": 0.1},
            "steps": 1,
            "log_every": 1,
            "members": members,
        }
    )
    table = pd.DataFrame([(s, r) for s in seeds for r in rates], columns=["seed", "model.momentum"])
    if rates[0] is None:
        table = table[["seed"]]
    table["failed_at_step"] = np.nan
    table.index.name = "member"
    params = []
    for seed in table["seed"]:
        network = decoder.build(spec.model, spec.task, jax.random.key(seed), jnp.float32)
        leaves, _ = jax.tree_util.tree_flatten_with_path(nnx.to_pure_dict(nnx.state(network)))
        rng = np.random.default_rng(seed)
        params.append(
            {
                jax.tree_util.keystr(path, simple=True, separator="."): np.asarray(x)
                + noise * rng.normal(size=x.shape)
                for path, x in leaves
            }
        )
    losses = test_loss + 0.1 * np.arange(len(table))
    metrics = pd.DataFrame({"member": table.index, "step": 1, "test_loss": losses})
    return RunResult(spec, table, metrics, tuple(params))


@pytest.fixture(scope="module")
def runs():
    return {
        "language_vanilla": run(seeds=(0, 1)),
        "language_momentum": run(seeds=(0, 1), rates=(0.3, 0.9)),
        "language_matched": run(seeds=(0, 1), noise=0.3),
    }


@pytest.fixture(scope="module")
def table(runs):
    windows = language_texts.windows({**TEXT, "count": 3}, 0)
    return language_models.perplexities(Inputs(runs=runs, datasets={"windows": windows}))


def test_prompts_are_demonstrations_query_and_label():
    found = language_texts.few_shot(ASKED | {"prompt_tokens": 40, "demonstrations": 3}, 0)
    tokenizer = text_tokens.byte_pairs(400)
    tokens, start = found["sst2.tokens"], found["sst2.starts"]
    assert tokens.shape == (2, 4, 2, 97)
    assert (found["sst2.demonstrations"] > 0).all()
    pools = corpora.pools("sst2")
    asked = {prompt("sst2", e): e.label for e in pools.queries}
    shown = {prompt("sst2", e) + words("sst2")[e.label] for e in pools.train}
    for place in np.ndindex(2, 4, 2):
        seed, query, label = place
        row, end = tokens[place], found["sst2.ends"][query]
        text = tokenizer.decode(row[start[seed] : start[seed] + end])
        assert asked[text] == found["sst2.labels"][query]
        length = found["sst2.label_lengths"][label]
        last = row[start[seed] + end : start[seed] + end + length]
        assert tokenizer.decode(last) == words("sst2")[label]
        assert not row[start[seed] + end + length :].any()
        context = row[: start[seed]]
        pieces = np.split(context, np.flatnonzero(context == 0) + 1)[1:-1]
        assert len(pieces) == found["sst2.demonstrations"][seed]
        assert {tokenizer.decode(piece[:-1]) for piece in pieces} <= shown


def test_prompts_that_do_not_fit_are_refused():
    with pytest.raises(ConfigError, match="sst2: 4 queries are asked for, but 0 have at most 2"):
        language_texts.few_shot(ASKED | {"prompt_tokens": 2}, 0)
    short = ASKED | {"prompt_tokens": 60, "length": 24}
    with pytest.raises(ConfigError, match="no demonstration fits 24 tokens"):
        language_texts.few_shot(short, 0)


def test_perplexities_are_paired_with_vanilla_of_the_same_seed(table):
    assert len(table) == (2 + 4 + 2) * 5
    vanilla = table[(table["variant"] == "vanilla") & table["drop"].notna()]
    np.testing.assert_array_equal(vanilla[["drop", "low", "high"]], 0)
    for row in table[table["variant"] == "matched"].dropna(subset=["drop"]).itertuples():
        same = vanilla[
            (vanilla["seed"] == row.seed)
            & (vanilla["split"] == row.split)
            & (vanilla["length"] == row.length)
        ]
        expected = 100 * (1 - row.perplexity / float(same["perplexity"].iloc[0]))
        assert row.drop == pytest.approx(expected)
        assert row.low < row.drop < row.high
    assert sorted(table["length"].unique()) == [24, 48, 96]
    selection = table[table["split"] == "selection"]
    np.testing.assert_allclose(np.log(selection["perplexity"])[:2], [1.0, 1.1])


def test_the_rate_of_least_validation_perplexity_is_chosen(table):
    """Validation losses of the members: seed 0 1.0 and 1.1, seed 1 1.2 and 1.3."""
    found = language_models.chosen(Inputs(tables={"perplexities": table}))
    assert set(found.loc[found["variant"] == "momentum", "eta"]) == {0.3}
    assert len(found) == 3 * 2 * 4
    assert "selection" not in set(found["split"])


def test_labels_are_scored_by_the_mean_of_their_tokens(runs, table):
    prompts = language_texts.few_shot(ASKED | {"prompt_tokens": 40}, 0)
    chosen = language_models.chosen(Inputs(tables={"perplexities": table}))
    found = language_models.few_shot(
        Inputs(runs=runs, datasets={"prompts": prompts}, tables={"chosen": chosen})
    )
    assert set(found["variant"]) == {"vanilla", "momentum", "matched"}
    assert len(found) == 3 * 2 * 2 * 2
    own = runs["language_vanilla"]
    network = language_models.network(own.spec, own.params[1])
    tokens, start = prompts["sst5.tokens"][0], prompts["sst5.starts"][0]
    shape = tokens.shape
    found_logits = nnx.jit(lambda module, x: module(x))(network, tokens.reshape(-1, shape[-1]))
    all_logits = np.asarray(found_logits, float).reshape(*shape, -1)
    right = []
    for query, label in enumerate(prompts["sst5.labels"]):
        scores = []
        for option, length in enumerate(prompts["sst5.label_lengths"]):
            row = tokens[query, option]
            logits = all_logits[query, option]
            logs = logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))
            first = start + prompts["sst5.ends"][query]
            places = range(first, first + length)
            scores.append(np.mean([logs[place - 1, row[place]] for place in places]))
        right.append(np.argmax(scores) == label)
    places = (found["variant"] == "vanilla") & (found["task"] == "sst5") & (found["seed"] == 1)
    rows = found[places & (found["demonstrations"] == 0)]
    assert rows["accuracy"].tolist() == [100 * np.mean(right)]


def test_drops_are_means_over_seeds_and_drawn_with_gains(runs, table):
    drops = language_rates.drops(Inputs(tables={"perplexities": table}))
    own = drops[(drops["variant"] == "matched") & (drops["length"] == 96)]
    own = own[own["split"] == "valid"]
    places = (table["variant"] == "matched") & (table["split"] == "valid")
    values = table[places & (table["length"] == 96)]["drop"]
    assert own["drop"].tolist() == [pytest.approx(values.mean())]
    # Two seeds tell nothing of others.
    assert own[["low", "high"]].isna().all(axis=None)
    gains = pd.DataFrame({"row": ["vanilla", "gain", "gain"], "column": ["mr", "mr", "mean"]})
    gains = gains.assign(value=[50.0, 5.0, 4.0], low=[49.0, 4.0, 3.5], high=[51.0, 6.0, 4.5])
    vanilla = {"language_vanilla": runs["language_vanilla"]}
    with theme.apply():
        drawn = figures.rates(
            {
                "language_drops": drops,
                "paper_table7": gains,
                "language_network": model_and_texts.language_network(Inputs(runs=vanilla)),
                "model_and_texts": pd.DataFrame({"what": ["mr", "cb"], "name": ["notes", "words"]}),
            }
        )
    assert len(drawn.axes) == 3
    assert [text.get_text() for text in drawn.axes[2].get_yticklabels()] == ["MR", "mean"]
    assert drawn.get_label() == (
        "Models: 1 layers of width 8, trained here in 1 steps of 192 tokens. "
        "Texts in place of the data sets: MR → notes."
    )

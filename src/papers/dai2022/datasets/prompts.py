"""Prompts of one task as token ids: demonstrations, queries, a selection split, content-free ones.

Chosen as the released code does: the training pool is permuted with the seed and the first examples
are taken, whatever their classes; the queries are permuted with a fixed seed. Demonstrations are
added as long as they fit the context together with the longest query.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import numpy as np
from pydantic import Field

from papers.dai2022.datasets.templates import Variant, content_free, prompt, words
from papers.dai2022.texts import corpora, local
from papers.dai2022.texts.examples import Example, Pools, TaskName, essence
from papers.dai2022.texts.tokenizers import Source, Tokenizer, load
from reprise.specs.base import Seed, Strict
from reprise.specs.errors import ConfigError, validate

Count = Annotated[int, Field(ge=1)]

QUERY_SEED = 1
"""The released code permutes the queries with it, whatever the demonstrations' seed."""


class Settings(Strict):
    """Parameters of ``make``."""

    task: TaskName
    source: Source = "smollm2"
    checkpoint: str | None = None
    """Folder of the model, where ``source`` is ``folder``."""
    texts: str | None = None
    """Folder of the paper's own data sets; without it the packaged ones are read."""
    variant: Variant = "code"
    demonstrations: Count = 32
    """At most this many; fewer where the context is too short."""
    seeds: Annotated[tuple[Seed, ...], Field(min_length=1)]
    context: Count
    """Tokens that the model reads at once."""
    query_tokens: Count
    """Longer queries are left out."""
    queries: Count | None = None
    """How many to ask; null: all."""
    selection: Count | None = None
    """How many to choose seeds and rates by; null: all that are left."""
    multiple: Count = 8
    """What is read at once is as wide as a multiple of this, so that few programs are compiled."""


class Chosen(NamedTuple):
    """Prompts of some examples [example][token], their classes, and how many were too long."""

    prompts: list[list[int]]
    labels: list[int]
    left_out: int


def make(params: Mapping[str, Any], seed: int) -> dict[str, np.ndarray]:
    """Demonstrations and queries of a task, int32; tokens are padded with 0 on the right.

    ``label_tokens`` [class]; ``bos``, ``separator``, ``multiple`` []; ``seeds`` [seed];
    ``demonstrations`` [seed, demo, token], prompt and label, with ``demonstration_lengths`` and
    ``demonstration_labels`` [seed, demo]; ``queries`` [query, token] without label,
    ``query_lengths``, ``query_labels``;
    the same of ``selection``, which are neither; ``free`` [prompt, token] and ``free_lengths``,
    without content; ``unrelated`` [token], running text at least as long as any context;
    ``left_out`` [2], how many queries and selection examples were longer than ``query_tokens``.

    Raises:
        ConfigError: a setting, a package or a file is wrong, a label is several tokens, or the
            examples or the context do not suffice.
    """
    settings = validate(Settings, dict(params), f"prompts of {params.get('task')}")
    checkpoint = Path(settings.checkpoint).expanduser() if settings.checkpoint else None
    tokenizer = load(settings.source, checkpoint)
    pools = (
        local.pools(settings.task, Path(settings.texts).expanduser())
        if settings.texts
        else corpora.pools(settings.task)
    )
    arrays = _arrays(settings, tokenizer, pools, seed)
    longest = int((arrays["demonstration_lengths"] + 1).sum(axis=1).max())
    arrays["unrelated"] = _unrelated(tokenizer, longest, seed)
    return {name: np.asarray(array, np.int32) for name, array in arrays.items()}


def _arrays(
    settings: Settings, tokenizer: Tokenizer, pools: Pools, seed: int
) -> dict[str, np.ndarray]:
    task, most = settings.task, settings.demonstrations
    if len(pools.train) < most:
        raise ConfigError(
            f"{task}: {most} demonstrations are asked for, but there are {len(pools.train)} "
            "training examples"
        )
    label_tokens = [tokenizer.token(word) for word in words(task)]
    draws = [np.random.default_rng(s).permutation(len(pools.train))[:most] for s in settings.seeds]
    shuffled = np.random.default_rng(QUERY_SEED).permutation(len(pools.queries))
    queries = _first(settings, tokenizer, (pools.queries[i] for i in shuffled), settings.queries)
    taken = {_essences(example) for example in pools.queries}
    taken |= {_essences(pools.train[i]) for draw in draws for i in draw}
    order = np.random.default_rng([seed, 1]).permutation(len(pools.train))
    rest = (pools.train[i] for i in order if _essences(pools.train[i]) not in taken)
    selection = _first(settings, tokenizer, rest, settings.selection, "selection examples")
    longest = max(map(len, queries.prompts + selection.prompts))
    shown = _fitting(
        [[_shown(settings, tokenizer, pools.train[i], label_tokens) for i in d] for d in draws],
        settings,
        longest,
    )
    free = [tokenizer.encode(text) for text in content_free(task, settings.variant)]
    count = len(shown[0])
    arrays = {
        "label_tokens": np.array(label_tokens),
        "bos": np.array(tokenizer.bos),
        "separator": np.array(tokenizer.separator),
        "multiple": np.array(settings.multiple),
        "seeds": np.array(settings.seeds),
        "demonstration_labels": np.array(
            [[pools.train[i].label for i in draw[:count]] for draw in draws]
        ),
        "query_labels": np.array(queries.labels),
        "selection_labels": np.array(selection.labels),
        "left_out": np.array([queries.left_out, selection.left_out]),
    }
    flat, lengths = _padded([demo for draw in shown for demo in draw])
    arrays["demonstrations"] = flat.reshape(len(draws), count, -1)
    arrays["demonstration_lengths"] = lengths.reshape(len(draws), count)
    arrays["queries"], arrays["query_lengths"] = _padded(queries.prompts)
    arrays["selection"], arrays["selection_lengths"] = _padded(selection.prompts)
    arrays["free"], arrays["free_lengths"] = _padded(free)
    return arrays


def _first(
    settings: Settings,
    tokenizer: Tokenizer,
    examples: Iterable[Example],
    count: int | None,
    what: str = "queries",
) -> Chosen:
    """The first ``count`` examples that are short enough, or all of them."""
    chosen = Chosen([], [], 0)
    for example in examples:
        if len(chosen.prompts) == count:
            break
        tokens = tokenizer.encode(prompt(settings.task, example, settings.variant))
        if len(tokens) > settings.query_tokens:
            chosen = chosen._replace(left_out=chosen.left_out + 1)
            continue
        chosen.prompts.append(tokens)
        chosen.labels.append(example.label)
    if len(chosen.prompts) < (count or 1):
        raise ConfigError(
            f"{settings.task}: {count or 1} {what} are asked for, but there are "
            f"{len(chosen.prompts)} of at most {settings.query_tokens} tokens "
            f"({chosen.left_out} are longer)"
        )
    return chosen


def _shown(
    settings: Settings, tokenizer: Tokenizer, example: Example, label_tokens: list[int]
) -> list[int]:
    text = prompt(settings.task, example, settings.variant)
    return [*tokenizer.encode(text), label_tokens[example.label]]


def _fitting(draws: list[list[list[int]]], settings: Settings, longest: int) -> list[list[Any]]:
    """Of every draw as many of the first examples as fit in all draws."""
    counts = []
    for draw in draws:
        ends = 1 + np.cumsum([len(demo) + 1 for demo in draw])
        counts.append(int((ends + longest < settings.context).sum()))
    count = min(counts)
    if count == 0:
        needed = 3 + longest + max(len(draw[0]) for draw in draws)
        raise ConfigError(
            f"{settings.task}: a context of {settings.context} tokens is too short for one "
            f"demonstration and the longest query ({longest} tokens); {needed} would do"
        )
    return [draw[:count] for draw in draws]


def _padded(rows: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    lengths = np.array([len(row) for row in rows])
    tokens = np.zeros((len(rows), lengths.max()), np.int64)
    for row, values in zip(tokens, rows, strict=True):
        row[: len(values)] = values
    return tokens, lengths


def _unrelated(tokenizer: Tokenizer, length: int, seed: int) -> np.ndarray:
    texts = corpora.unrelated_text()
    tokens: list[int] = []
    for i in np.random.default_rng([seed, 2]).permutation(len(texts)):
        tokens += tokenizer.encode(f" {texts[i]}")
        if len(tokens) >= length:
            return np.array(tokens[:length])
    raise ConfigError(f"{len(tokens)} tokens of unrelated text do not fill {length}")


def _essences(example: Example) -> tuple[str, ...]:
    return tuple(map(essence, example.parts))

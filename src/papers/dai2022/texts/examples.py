"""Labelled examples of the six classification tasks, and what is common to all sources of them."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple

TaskName = Literal["sst2", "sst5", "mr", "subj", "agnews", "cb"]

HELD_OUT = 0.3
"""Share of all packaged text that serves as queries, and that no language model is trained on."""


class Example(NamedTuple):
    """The texts of one example in the order of its task's ``columns``, and its class."""

    parts: tuple[str, ...]
    label: int


@dataclass(frozen=True)
class TextTask:
    """What the examples of a task consist of."""

    columns: tuple[str, ...]
    """Names of the texts, also in the files that a user brings."""
    labels: tuple[str, ...]
    """The label words in the order of their indices."""


TASKS: dict[TaskName, TextTask] = {
    "sst2": TextTask(("sentence",), ("Negative", "Positive")),
    "sst5": TextTask(("text",), ("terrible", "bad", "neutral", "good", "great")),
    "mr": TextTask(("text",), ("Negative", "Positive")),
    "subj": TextTask(("text",), ("objective", "subjective")),
    "agnews": TextTask(("text",), ("World", "Sports", "Business", "Technology")),
    "cb": TextTask(("premise", "hypothesis"), ("True", "False", "Neither")),
}


class Pools(NamedTuple):
    """Examples that demonstrations are drawn from, and those to be classified."""

    train: list[Example]
    queries: list[Example]


def one_line(text: str) -> str:
    """``text`` with every run of white space, line ends included, as one space."""
    return " ".join(text.split())


def held_out(key: str) -> bool:
    """Whether what ``key`` names (a film, an article, a sentence) serves as queries only.

    Decided by a digest of the key: the same in every task and on every machine.
    """
    return int.from_bytes(digest(key)[:8], "big") < HELD_OUT * 2**64


def essence(text: str) -> str:
    """What makes two texts the same: their letters and digits."""
    return "".join(filter(str.isalnum, text.casefold()))


def divided(keyed: Iterable[tuple[str, Example]]) -> Pools:
    """Pools of distinct examples; each goes where its key (the first of a pair) belongs.

    Of the same text twice the first stays; where their classes differ, none does.
    """
    first: dict[str, tuple[str, Example]] = {}
    disputed: set[str] = set()
    for key, example in keyed:
        text = "/".join(map(essence, example.parts))
        known = first.setdefault(text, (key, example))[1]
        if known.label != example.label:
            disputed.add(text)
    kept = [pair for text, pair in first.items() if text not in disputed]
    return Pools(
        [example for key, example in kept if not held_out(key)],
        [example for key, example in kept if held_out(key)],
    )


def balanced(pool: list[Example]) -> list[Example]:
    """As many examples of every class as the rarest has, in the order of ``pool``.

    Which ones stay is decided by a digest of their text.
    """
    by_class: dict[int, list[int]] = {}
    for i, example in enumerate(pool):
        by_class.setdefault(example.label, []).append(i)
    count = min(map(len, by_class.values()), default=0)
    kept = [
        i
        for members in by_class.values()
        for i in sorted(members, key=lambda i: digest("/".join(pool[i].parts)))[:count]
    ]
    return [pool[i] for i in sorted(kept)]


def digest(text: str) -> bytes:
    """A fixed draw for ``text``: what is sorted or split by it is mixed, the same everywhere."""
    return hashlib.sha256(text.encode()).digest()

"""Premises and hypotheses from WordNet's hierarchy of kinds: what follows from "a kind of X"?

The premise says that something is a kind of X and what an X is; the hypothesis that it is a kind of
Y. That is true where Y is a broader kind than X, false where Y is a kind beside X that shares
nothing with it, and neither where Y is a narrower kind: it may be one, or not. Only kinds with a
broader, a parallel and a narrower one are asked about, so that the premise does not give the class
away, and only one question is asked about each.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from papers.dai2022.texts.examples import Example, digest
from papers.dai2022.texts.wordnet import Synset

ROOTS = ("animal", "plant", "artifact", "food", "natural object", "vehicle")
"""What all kinds are below: among concrete things, kinds beside one another rarely overlap."""

REACH = 3
"""Steps up to the broadest kind that is asked for."""

GLOSS_WORDS = 4
"""What a kind is has to be said in this many words at least."""

SENSES = 4
"""A word of more meanings than this would leave open which kind is meant."""


@dataclass(frozen=True)
class Kinds:
    """The hierarchy of nouns. A kind is called by its first word, if that is common and clear."""

    synsets: Mapping[str, Synset]
    common: frozenset[str]
    """Words that a reader knows."""

    @cached_property
    def narrower(self) -> dict[str, list[str]]:
        """The kinds directly below each."""
        below: dict[str, list[str]] = defaultdict(list)
        for synset in self.synsets.values():
            for above in synset.hypernyms:
                below[above].append(synset.id)
        return below

    @cached_property
    def concrete(self) -> frozenset[str]:
        """All kinds below ``ROOTS``, without the roots."""
        roots = [s.id for s in self.synsets.values() if s.words[0] in ROOTS and self.narrower[s.id]]
        return frozenset().union(*(self.below(root) for root in roots)) - set(roots)

    def below(self, kind: str) -> frozenset[str]:
        """All narrower kinds, however far."""
        kinds: set[str] = set()
        open_ = [kind]
        while open_:
            fresh = [k for k in self.narrower.get(open_.pop(), ()) if k not in kinds]
            kinds.update(fresh)
            open_ += fresh
        return frozenset(kinds)

    def above(self, kind: str, steps: int | None = None) -> set[str]:
        """All broader kinds, or those that are at most ``steps`` away."""
        kinds: set[str] = set()
        layer = {kind}
        while layer and steps != 0:
            layer = {up for k in layer for up in self.synsets[k].hypernyms if up in self.synsets}
            kinds |= layer
            steps = None if steps is None else steps - 1
        return kinds

    @cached_property
    def senses(self) -> Counter[str]:
        """How many kinds have each word."""
        return Counter(
            word
            for synset in self.synsets.values()
            for word in set(synset.words)
            if synset.id.endswith("-n")
        )

    @cached_property
    def usable(self) -> frozenset[str]:
        """Concrete kinds whose word is common and has few meanings."""
        words = {kind: self.synsets[kind].words[0] for kind in self.concrete}
        return frozenset(
            kind
            for kind, word in words.items()
            if self.senses[word] <= SENSES and all(p in self.common for p in word.split(" "))
        )

    def options(self, kind: str) -> tuple[list[str], list[str], list[str]]:
        """Usable broader, parallel and narrower kinds of ``kind``, sorted by id."""
        narrower = self._named(kind, self.narrower.get(kind, ()))
        broader = self._named(kind, self.above(kind, REACH)) if narrower else []
        if not broader:
            return [], [], []
        own = self.below(kind) | {kind}
        parents = [up for up in self.synsets[kind].hypernyms if up in self.synsets]
        beside = {k for up in parents for k in self.narrower[up]} - own - self.above(kind)
        parallel = [k for k in self._named(kind, beside) if not self.below(k) & own]
        return broader, parallel, narrower

    def _named(self, kind: str, others: Iterable[str]) -> list[str]:
        """Those of ``others`` that are usable and share no word with ``kind``."""
        taken = {part for word in self.synsets[kind].words for part in word.split(" ")}
        return sorted(
            other
            for other in others
            if other in self.usable and not taken & set(self.synsets[other].words[0].split(" "))
        )


def questions(kinds: Kinds) -> Iterator[tuple[str, Example]]:
    """One question about each kind, by its id: true 0, false 1, neither 2, equally many of each."""
    chosen = []
    for kind in sorted(kinds.usable, key=digest):
        options = kinds.options(kind)
        if all(options) and len(kinds.synsets[kind].gloss.split()) >= GLOSS_WORDS:
            chosen.append((kind, options))
    for i, (kind, options) in enumerate(chosen):
        answers = options[i % 3]
        other = kinds.synsets[answers[digest(kind)[0] % len(answers)]]
        synset = kinds.synsets[kind]
        premise = f"This is a kind of {synset.words[0]}: {synset.gloss.rstrip('.')}."
        yield kind, Example((premise, f"This is a kind of {other.words[0]}"), i % 3)

"""One task's network and demonstrations, and what the main comparison makes of them."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from papers.dai2022.comparisons import Taught, taught
from papers.dai2022.models.decoder import Network
from papers.dai2022.models.decoder_answers import (
    Finetuned,
    Prefix,
    Recording,
    finetune,
    read_prefix,
    untuned,
)
from papers.dai2022.protocol import Arrays, Batch, Demonstrations, demonstrations
from papers.dai2022.settings import Reader, Settings, read


class Control(NamedTuple):
    """What is compared, and what the order of tokens is compared with, where there is one."""

    settings: Settings
    learned: Taught | None = None


@dataclass(frozen=True)
class World:
    """A task's demonstrations and rate, and what the main comparison makes of them."""

    module: Network
    prompts: Arrays
    other: Arrays
    place: int
    """Which draw of demonstrations was chosen."""
    rate: float
    seed: int

    @cached_property
    def shown(self) -> Demonstrations:
        """The demonstrations."""
        return demonstrations(self.prompts, self.place)

    @cached_property
    def prefix(self) -> Prefix:
        """The demonstrations, read."""
        return read_prefix(self.module, self.shown.context())

    @cached_property
    def tuned(self) -> Finetuned:
        """The network finetuned on them."""
        return self.finetuned(self.module, self.shown)

    @cached_property
    def untuned(self) -> Finetuned:
        """The network as it is, and its queries of the demonstrations' tokens."""
        return untuned(self.module, self.shown.sequences()[0])

    @cached_property
    def main(self) -> Settings:
        """The paper's own comparison."""
        return Settings(self.module, self.tuned.module, self.prefix, self.module)

    @cached_property
    def wrong(self) -> Demonstrations:
        """The same texts with their labels dealt out at random."""
        labels = self.shown.tokens[np.arange(len(self.shown.lengths)), self.shown.lengths - 1]
        return self.shown.relabelled(self.rng("labels").permutation(labels))

    @cached_property
    def reader(self) -> Reader:
        """Reads a batch, once by each network of the main comparison: others share those passes."""
        known: dict[Any, Recording] = {}

        def reader(
            module: Network, batch: Batch, candidates: np.ndarray, prefix: Prefix | None
        ) -> Recording:
            ours = module is self.module or module is self.tuned.module
            if not ours or (prefix is not None and prefix is not self.prefix):
                return read(module, batch, candidates, prefix)
            key = (module is self.module, prefix is None, batch.rows.tobytes())
            if key not in known:
                known[key] = read(module, batch, candidates, prefix)
            return known[key]

        return reader

    def finetuned(self, module: Network, shown: Demonstrations, **options: Any) -> Finetuned:
        """``module`` finetuned on ``shown`` at the chosen rate."""
        return finetune(module, *shown.sequences(), options.pop("rate", self.rate), **options)

    def learned(self, tuned: Finetuned) -> Taught:
        """The queries that finetuning on the demonstrations recorded."""
        return taught(tuned.queries, self.shown.lengths + 1)

    def rng(self, purpose: str) -> np.random.Generator:
        """Random numbers for one purpose."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])

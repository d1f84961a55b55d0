"""One task's network and demonstrations, and what the main comparison makes of them."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from reprise.models.decoder import Network
from reprise.models.decoding import Finetuned, Prefix, Recording, finetune, read_prefix
from reprise.papers.dai2022.comparisons import Taught
from reprise.papers.dai2022.measures import Reader, Settings, read
from reprise.papers.dai2022.protocol import Arrays, Batch, Demonstrations


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
    shown: Demonstrations
    rate: float
    seed: int

    @cached_property
    def prefix(self) -> Prefix:
        """The demonstrations, read."""
        return read_prefix(self.module, self.shown.context())

    @cached_property
    def tuned(self) -> Finetuned:
        """The network finetuned on them."""
        return self.finetuned(self.module, self.shown)

    @cached_property
    def wrong(self) -> Demonstrations:
        """The same texts with their labels dealt out at random."""
        labels = self.shown.tokens[np.arange(len(self.shown.lengths)), self.shown.lengths - 1]
        return self.shown.relabelled(self.rng("labels").permutation(labels))

    @cached_property
    def reader(self) -> Reader:
        """Reads a batch, once with the network as it is: most comparisons share those passes."""
        known: dict[Any, Recording] = {}

        def reader(
            module: Network, batch: Batch, candidates: np.ndarray, prefix: Prefix | None
        ) -> Recording:
            shared = module is self.module and (prefix is None or prefix is self.prefix)
            key = (prefix is None, batch.rows.tobytes()) if shared else None
            if key not in known:
                recording = read(module, batch, candidates, prefix)
                if key is None:
                    return recording
                known[key] = recording
            return known[key]

        return reader

    def finetuned(self, module: Network, shown: Demonstrations, **options: Any) -> Finetuned:
        """``module`` finetuned on ``shown`` at the chosen rate."""
        return finetune(module, *shown.sequences(), options.pop("rate", self.rate), **options)

    def rng(self, purpose: str) -> np.random.Generator:
        """Random numbers for one purpose."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])

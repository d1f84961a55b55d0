"""One task's network and demonstrations, and what the main comparison makes of them."""

import zlib
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from papers.dai2022.datasets.passes import Reader, Settings, read
from papers.dai2022.datasets.sequences import Arrays, Batch, Demonstrations, demonstrations
from papers.dai2022.datasets.similarities import TokenQueries, token_queries
from papers.dai2022.models.decoder import Network
from papers.dai2022.models.decoder_answers import (
    Finetuned,
    Prefix,
    Recording,
    finetune,
    read_prefix,
    untuned,
)


class Control(NamedTuple):
    """What is compared, and what the order of tokens is compared with, where there is one."""

    settings: Settings
    token_queries: TokenQueries | None = None


@dataclass(frozen=True)
class Experiment:
    """A task's demonstrations and rate, and what the main comparison makes of them."""

    module: Network
    prompts: Arrays
    other: Arrays
    seed_index: int
    """Which draw of demonstrations was chosen."""
    rate: float
    seed: int

    @cached_property
    def demos(self) -> Demonstrations:
        """The demonstrations."""
        return demonstrations(self.prompts, self.seed_index)

    @cached_property
    def prefix(self) -> Prefix:
        """The demonstrations, read."""
        return read_prefix(self.module, self.demos.context())

    @cached_property
    def tuned(self) -> Finetuned:
        """The network finetuned on them."""
        return self.finetuned(self.module, self.demos)

    @cached_property
    def untuned(self) -> Finetuned:
        """The network as it is, and its queries of the demonstrations' tokens."""
        return untuned(self.module, self.demos.sequences()[0])

    @cached_property
    def main(self) -> Settings:
        """The paper's own comparison."""
        return Settings(self.module, self.tuned.module, self.prefix, self.module)

    @cached_property
    def relabelled(self) -> Demonstrations:
        """The same texts with their labels dealt out at random."""
        labels = self.demos.tokens[np.arange(len(self.demos.lengths)), self.demos.lengths - 1]
        return self.demos.relabelled(self.rng("labels").permutation(labels))

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

    def token_queries(self, tuned: Finetuned) -> TokenQueries:
        """The queries that finetuning on the demonstrations recorded."""
        return token_queries(tuned.queries, self.demos.lengths + 1)

    def rng(self, purpose: str) -> np.random.Generator:
        """Random numbers for one purpose."""
        return np.random.default_rng([self.seed, zlib.crc32(purpose.encode())])

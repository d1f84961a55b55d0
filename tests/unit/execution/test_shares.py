"""Shares trained by several processes, here threads, are together the job trained by one."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import jax
import numpy as np
import pytest
from training_jobs import PARITY, Nowhere, arrays, assert_same_bits, job

from reprise.execution.crew import Crew
from reprise.execution.shares import train_shares
from reprise.specs.members import JobSpec
from reprise.training.loop import Trained, train

RATES = {
    "all good": [0.01, 0.02, 0.03, 0.04],
    "a bad share": [1e30, 1e31, 0.03, 0.04],
    "two bad shares": [0.01, 1e30, 1e31, 1e32],
}
SPEC = {**PARITY, "steps": 24, "snapshots": {"every": 12, "views": ["params"]}}


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Programs compiled once, as the processes of a project share them."""
    options = {
        "jax_compilation_cache_dir": str(tmp_path_factory.mktemp("compiled")),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
    }
    before = {name: getattr(jax.config, name) for name in options}
    for name, value in options.items():
        jax.config.update(name, value)
    yield
    for name, value in before.items():
        jax.config.update(name, value)


@dataclass(frozen=True)
class Threads(Crew):
    """A crew whose processes are threads."""

    table: list[bytes] = field(default_factory=list)
    meet: threading.Barrier = field(default_factory=lambda: threading.Barrier(1))

    def gather(self, data: bytes) -> list[bytes]:
        self.table[self.index] = data
        self.meet.wait(60)
        found = list(self.table)
        self.meet.wait(60)
        return found


def together(count: int, work: Callable[[Crew], Any]) -> list[Any]:
    """What ``work`` gives, or raises, in each of so many."""
    table, meet = [b""] * count, threading.Barrier(count)

    def one(index: int) -> Any:
        try:
            return work(Threads(count, index, table=table, meet=meet))
        except (FloatingPointError, OSError) as error:
            return error

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(one, range(count)))


def training(names: list[str]) -> Callable[[JobSpec, str], Trained]:
    """Train as a process does, keeping the shares' names."""

    def run(made: JobSpec, name: str) -> Trained:
        names.append(name)
        return train(made, Nowhere())

    return run


def made(rates: str) -> JobSpec:
    return job(SPEC, members={"seed": [3], "optimizer.learning_rate": RATES[rates]})


@pytest.mark.parametrize(
    ("rates", "count", "beside"),
    [("all good", 6, 0), ("a bad share", 2, 1), ("two bad shares", 4, 3)],
)
def test_every_process_gets_what_one_alone_would(rates: str, count: int, beside: int) -> None:
    """Also where nothing in a share stays finite: a member alone would end the whole job."""
    alone = train_shares(made(rates), Crew(), training([]))
    names: list[str] = []
    found = together(count, lambda crew: train_shares(made(rates), crew, training(names)))
    for trained in found:
        assert_same_bits(arrays(trained), arrays(alone))
        assert trained.checkpoints == alone.checkpoints
        assert trained.resumed_from_step is None
        for name in ("log_steps", "snapshot_steps"):
            np.testing.assert_array_equal(getattr(trained, name), getattr(alone, name))
    assert sum(name.endswith("-beside") for name in names) == beside
    assert len({*names}) == len(names) == min(count, 4) + beside


def test_where_nothing_stays_finite_all_fail_alike() -> None:
    bad = job(SPEC, members={"seed": [3, 4], "optimizer.learning_rate": [1e30]})
    found = together(2, lambda crew: train_shares(bad, crew, training([])))
    assert [str(error) for error in found] == [str(found[0])] * 2
    assert all(isinstance(error, FloatingPointError) for error in found)


def test_what_the_first_process_fails_with_ends_the_others() -> None:
    def work(crew: Crew) -> None:
        if not crew.leads:
            crew.listen()
            return
        with crew.telling():
            raise OSError("the disk is full")

    first, *others = together(3, work)
    assert str(first) == "the disk is full"
    assert [str(error) for error in others] == [
        "the first process failed: OSError: the disk is full"
    ] * 2

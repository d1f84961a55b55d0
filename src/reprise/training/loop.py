"""The host's side of training: chunks, logs, snapshots, resume states, stop requests.

One round trip to the host per chunk. Chunk boundaries do not change bits, so a training that was
killed and resumed ends in the same state as one that was not.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np

from reprise.specs.members import JobSpec
from reprise.training.program import Program, State
from reprise.training.progress import Progress

_ROWS_PER_CHUNK = 20
_UPDATES_PER_CHUNK = 4000
SAVE_EVERY_S = 20.0

log = logging.getLogger(__name__)


@dataclass
class History:
    """Rows logged and snapshots taken so far: arrays (member, row) and (member, snapshot, ...)."""

    traces: dict[str, list[np.ndarray]] = field(default_factory=dict)
    views: dict[str, list[np.ndarray]] = field(default_factory=dict)


@dataclass(frozen=True)
class Trained:
    """The outcome of one job; every array has the member as first axis."""

    params: dict[str, np.ndarray]
    traces: dict[str, np.ndarray]
    views: dict[str, np.ndarray]
    log_steps: np.ndarray
    snapshot_steps: np.ndarray
    failed_at_step: np.ndarray
    """First logged step with a loss that is not finite, -1 where there is none. (member,)"""
    compile_s: float
    train_s: float
    resumed_from_step: int | None
    flops_per_update: float


@runtime_checkable
class StateStore(Protocol):
    """Where resume states are kept; arrays by name, and the number of finished chunks."""

    def save(
        self, position: int, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]
    ) -> None:
        """Keep the state reached after ``position`` chunks."""

    def newest(self) -> tuple[int, dict[str, np.ndarray], dict[str, Any]] | None:
        """The newest state that is intact and of this training."""


class Stopped(Exception):
    """The training was asked to stop; its state is saved and the same command resumes it."""


def train(
    job: JobSpec,
    store: StateStore,
    report: Callable[[Progress], None] = lambda progress: None,
    stop: Callable[[], bool] = lambda: False,
    save_every_s: float = SAVE_EVERY_S,
) -> Trained:
    """Train all members of ``job``, from the newest resume state if there is one.

    Raises:
        Stopped: ``stop()`` became true; the state was saved first.
        FloatingPointError: no member has a finite loss any more.
    """
    program = Program(job)
    chunks = _chunks(job)
    state, history, done = _restore(program, store)
    started = saved = time.perf_counter()
    compile_s = 0.0
    updates_at_start = updates = sum(int(c.sum()) for c in chunks[:done])
    resumed_from = updates_at_start - 1 if done else None
    for number in range(done, len(chunks)):
        chunk = chunks[number]
        began = time.perf_counter()
        state, traces = program.advance(state, chunk)
        _append(history.traces, traces, int((chunk > 0).sum()))
        if number == done:
            compile_s = time.perf_counter() - began
        updates += int(chunk.sum())
        if job.run.snapshots and (updates - 1) % job.run.snapshots.every == 0:
            _append(history.views, {k: v[:, None] for k, v in program.views(state).items()}, None)
        now = time.perf_counter()
        loss = history.traces["train_loss"][-1][:, -1]
        report(
            Progress(
                updates - 1,
                job.run.steps,
                _mean_finite(loss),
                (updates - updates_at_start) / (now - started),
            )
        )
        if not np.isfinite(loss).any():
            raise FloatingPointError(f"every member's loss is not finite at step {updates - 1}")
        last = number == len(chunks) - 1
        if not last and (stop() or now - saved >= save_every_s):
            store.save(number + 1, _flatten(state, history), {"updates": updates})
            saved = time.perf_counter()
            if stop():
                raise Stopped(f"stopped after step {updates - 1}; the same command resumes it")
    return _finish(program, state, history, compile_s, time.perf_counter() - started, resumed_from)


def _chunks(job: JobSpec) -> list[np.ndarray]:
    """Updates per row, chunk by chunk; all chunks have one shape, short ones padded with zeros.

    A chunk ends at every snapshot, and after few enough updates to save and report often.
    """
    run = job.run
    rows = run.steps // run.log_every
    whole = run.snapshots.every // run.log_every if run.snapshots else rows
    limit = max(1, min(_ROWS_PER_CHUNK, _UPDATES_PER_CHUNK // run.log_every))
    ends_at_snapshots = (n for n in range(1, min(whole, limit) + 1) if whole % n == 0)
    size = max(ends_at_snapshots) if run.snapshots else min(whole, limit)
    first = np.zeros(size, np.int32)
    first[0] = 1
    chunks = [first]
    for start in range(0, rows, size):
        chunk = np.zeros(size, np.int32)
        chunk[: min(size, rows - start)] = run.log_every
        chunks.append(chunk)
    return chunks


def _append(
    history: dict[str, list[np.ndarray]], new: dict[str, jax.Array], rows: int | None
) -> None:
    for name, array in new.items():
        history.setdefault(name, []).append(np.asarray(array)[:, :rows])


def _mean_finite(values: np.ndarray) -> float:
    finite = values[np.isfinite(values)]
    return float(finite.mean()) if finite.size else float("nan")


def _flatten(state: State, history: History) -> dict[str, np.ndarray]:
    leaves = jax.tree.leaves(state)
    arrays = {f"state/{i}": np.asarray(leaf) for i, leaf in enumerate(leaves)}
    for kind in ("traces", "views"):
        for name, parts in getattr(history, kind).items():
            arrays[f"{kind}/{name}"] = np.concatenate(parts, axis=1)
    return arrays


def _restore(program: Program, store: StateStore) -> tuple[State, History, int]:
    found = store.newest()
    if found is None:
        return program.init(), History(), 0
    done, arrays, header = found
    leaves, structure = jax.tree.flatten(program.shapes())
    leaves = [jax.numpy.asarray(arrays[f"state/{i}"]) for i in range(len(leaves))]
    history = History()
    for key, array in arrays.items():
        kind, _, name = key.partition("/")
        if kind != "state":
            getattr(history, kind)[name] = [array]
    log.info("resumed after %d updates", header["updates"])
    return jax.tree.unflatten(structure, leaves), history, done


def _finish(
    program: Program,
    state: State,
    history: History,
    compile_s: float,
    train_s: float,
    resumed_from: int | None,
) -> Trained:
    run = program.spec
    traces = {name: np.concatenate(parts, axis=1) for name, parts in history.traces.items()}
    views = {name: np.concatenate(parts, axis=1) for name, parts in history.views.items()}
    log_steps = np.arange(0, run.steps + 1, run.log_every)
    every = run.snapshots.every if run.snapshots else run.steps
    bad = ~np.isfinite(traces["train_loss"])
    failed = np.where(bad.any(axis=1), log_steps[bad.argmax(axis=1)], -1)
    return Trained(
        params={name: np.asarray(x) for name, x in program.params(state).items()},
        traces=traces,
        views=views,
        log_steps=log_steps,
        snapshot_steps=np.arange(0, run.steps + 1, every) if run.snapshots else np.zeros(0, int),
        failed_at_step=failed,
        compile_s=compile_s,
        train_s=train_s,
        resumed_from_step=resumed_from,
        flops_per_update=program.flops_per_update(),
    )

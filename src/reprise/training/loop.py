"""The host's side of training: chunks, logs, snapshots, resume states, stop requests.

One round trip to the host per chunk, every few seconds. Chunk boundaries do not change bits, so a
training that was killed and resumed ends in the same state as one that was not.
"""

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np

from reprise.specs.runs import JobSpec
from reprise.storage.tensors import digest
from reprise.training.chunks import CHUNK_S, ROWS, Chunk, Pace, Progress, next_chunk
from reprise.training.program import Program, State
from reprise.training.progress import phase

SAVE_EVERY_S = 20.0

log = logging.getLogger(__name__)


@dataclass
class History:
    """Rows logged and snapshots taken so far: arrays (member, row) and (member, snapshot, ...)."""

    traces: dict[str, list[np.ndarray]] = field(default_factory=dict)
    views: dict[str, list[np.ndarray]] = field(default_factory=dict)
    checkpoints: list[dict[str, Any]] = field(default_factory=list)


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
    checkpoints: list[dict[str, Any]]
    """``updates`` done, and per member the ``sha256`` of its parameters: at first, at every
    snapshot, at the end."""
    resumed_from_step: int | None
    traced: tuple[Any, ...] = ()
    """The program of each phase (jaxprs), for counting what it computes."""


@runtime_checkable
class StateStore(Protocol):
    """Where resume states are kept; arrays by name, and the number of finished chunks."""

    def save(
        self, position: int, arrays: Mapping[str, np.ndarray], header: Mapping[str, Any]
    ) -> None:
        """Keep the state reached after ``position`` updates."""

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
    state, history, done = _restore(program, store)
    if not history.checkpoints:
        _note_checkpoint(program, state, history, done)
    started = saved = time.perf_counter()
    at_start, pace = done, Pace(min(CHUNK_S, save_every_s))
    compiled: set[int] = set()
    while (chunk := next_chunk(job.run, done, pace.updates)).updates:
        began = time.perf_counter()
        with phase("steps"):
            state, traces = program.advance(state, np.array(chunk.counts, np.int32), chunk.phase)
            _keep_rows(history, traces, chunk)
        done += chunk.updates
        if chunk.snapshot:
            _append(history.views, {k: v[:, None] for k, v in program.views(state).items()})
        if chunk.snapshot or done > job.run.steps:
            _note_checkpoint(program, state, history, done)
        now = time.perf_counter()
        if chunk.phase in compiled:
            pace.saw(chunk.updates, now - began)
        compiled.add(chunk.phase)
        loss = _last_loss(history)
        speed = (done - at_start) / (now - started)
        report(Progress(done - 1, job.run.steps, _mean_finite(loss), speed))
        if not np.isfinite(loss).any():
            raise FloatingPointError(f"every member's loss is not finite at step {done - 1}")
        if done <= job.run.steps and (stop() or now - saved >= save_every_s):
            with phase("write"):
                store.save(done, _flatten(state, history), {"checkpoints": history.checkpoints})
            saved = time.perf_counter()
            if stop():
                raise Stopped(f"stopped after step {done - 1}; the same command resumes it")
    return _finish(program, state, history, at_start - 1 if at_start else None)


def _note_checkpoint(program: Program, state: State, history: History, updates: int) -> None:
    params = {name: np.asarray(x) for name, x in program.params(state).items()}
    members = range(len(program.job.members))
    sha256 = [digest({name: x[member] for name, x in params.items()}) for member in members]
    if not history.checkpoints or history.checkpoints[-1]["updates"] != updates:
        history.checkpoints.append({"updates": updates, "sha256": sha256})


def _keep_rows(history: History, traces: dict[str, jax.Array], chunk: Chunk) -> None:
    """Append the finished rows; a row that the chunk's end cut off is logged when it is whole."""
    rows = np.array(chunk.rows, int)
    _append(history.traces, {name: np.asarray(x)[:, rows] for name, x in traces.items()})


def _last_loss(history: History) -> np.ndarray:
    """Train loss of the last row that was logged, (member,)."""
    return next(x[:, -1] for x in reversed(history.traces["train_loss"]) if x.shape[1])


def _append(history: dict[str, list[np.ndarray]], new: Mapping[str, Any]) -> None:
    for name, array in new.items():
        history.setdefault(name, []).append(np.asarray(array))


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
    history = History(checkpoints=list(header["checkpoints"]))
    for key, array in arrays.items():
        kind, _, name = key.partition("/")
        if kind != "state":
            getattr(history, kind)[name] = [array]
    log.info("resumed after %d updates", done)
    return jax.tree.unflatten(structure, leaves), history, done


def _finish(
    program: Program,
    state: State,
    history: History,
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
        checkpoints=history.checkpoints,
        resumed_from_step=resumed_from,
        traced=program.traced(state, ROWS),
    )

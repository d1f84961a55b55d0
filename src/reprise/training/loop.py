"""The host's side of training: chunks, logs, snapshots, resume states, stop requests.

One round trip to the host per chunk, every few seconds. Chunk boundaries do not change bits, so a
training that was killed and resumed ends in the same state as one that was not.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import jax
import numpy as np

from reprise.specs.runs import JobSpec
from reprise.storage.tensors import digest
from reprise.training.chunks import (
    BEGINNING,
    CHUNK_S,
    ROWS,
    Chunk,
    Pace,
    Progress,
    beginning,
    next_chunk,
)
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
    last_loss: np.ndarray | None = None
    """Train loss of the last update, logged or not. (member,)"""
    start: dict[str, np.ndarray] | None = None
    """The initial parameters, as long as the training is at its beginning."""


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
    """``updates`` done, and per member the ``sha256`` of its parameters: at first, after the
    beginning, at every snapshot, at the end. After the beginning also, for other processors, per
    member the train losses of its first and last update (``first_loss``, ``loss``) and how far its
    parameters ``moved`` (Euclidean distance); None where that is not finite."""
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
        state, done = _advance(program, state, history, done, chunk)
        if chunk.snapshot:
            _append(history.views, {k: v[:, None] for k, v in program.views(state).items()})
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


def begin(job: JobSpec, updates: int = BEGINNING) -> list[dict[str, Any]]:
    """The checkpoints (``Trained``) of the first ``updates`` of a training, from its spec alone.

    At most the beginning is repeated; the last one notes losses and distance, wherever it is.
    """
    program = Program(job)
    state, history, done = program.init(), History(), 0
    start = _note_checkpoint(program, state, history, done)
    end = min(updates, beginning(job.run))
    while done < end:
        state, done = _advance(program, state, history, done, next_chunk(job.run, done, end - done))
    if 0 < done < beginning(job.run):
        params = _note_checkpoint(program, state, history, done)
        history.checkpoints[-1] |= _beginning(start, params, history)
    return history.checkpoints


def _advance(
    program: Program, state: State, history: History, done: int, chunk: Chunk
) -> tuple[State, int]:
    """The state after ``chunk``, and the updates done by then; what is due is put down."""
    with phase("steps"):
        logged = np.isin(np.arange(len(chunk.counts)), chunk.rows)
        counts = np.array(chunk.counts, np.int32)
        state, traces = program.advance(state, counts, logged, chunk.phase)
        _keep_rows(history, traces, chunk)
    done += chunk.updates
    if chunk.snapshot or done in (beginning(program.spec), program.spec.steps + 1):
        _note_checkpoint(program, state, history, done)
    return state, done


def _note_checkpoint(
    program: Program, state: State, history: History, updates: int
) -> dict[str, np.ndarray]:
    """Put the state after ``updates`` down; the parameters."""
    params = _params(program, state)
    noted = {"updates": updates, "sha256": [digest(one) for one in _members(params)]}
    if updates == 0:
        history.start = params
    if updates == beginning(program.spec):
        # A training that was stopped before has no initial parameters any more.
        start = history.start or _params(program, program.init())
        noted |= _beginning(start, params, history)
        history.start = None
    if not history.checkpoints or history.checkpoints[-1]["updates"] != updates:
        history.checkpoints.append(noted)
    return params


def _beginning(
    start: Mapping[str, np.ndarray], params: Mapping[str, np.ndarray], history: History
) -> dict[str, list[float | None]]:
    pairs = zip(_members(start), _members(params), strict=True)
    moved = [
        np.sqrt(sum(((new[name] - old[name]).astype(float) ** 2).sum() for name in old))
        for old, new in pairs
    ]
    assert history.last_loss is not None
    numbers = {
        "first_loss": history.traces["train_loss"][0][:, 0],
        "loss": history.last_loss,
        "moved": np.array(moved),
    }
    return {name: [_finite(x) for x in values] for name, values in numbers.items()}


def _finite(value: np.floating[Any]) -> float | None:
    return float(value) if np.isfinite(value) else None


def _params(program: Program, state: State) -> dict[str, np.ndarray]:
    return {name: np.asarray(x) for name, x in program.params(state).items()}


def _members(params: Mapping[str, np.ndarray]) -> Iterator[dict[str, np.ndarray]]:
    """The parameters of each member."""
    for member in range(len(next(iter(params.values())))):
        yield {name: x[member] for name, x in params.items()}


def _keep_rows(history: History, traces: dict[str, jax.Array], chunk: Chunk) -> None:
    """Append the finished rows; a row that the chunk's end cut off is logged when it is whole."""
    rows = np.array(chunk.rows, int)
    history.last_loss = np.asarray(traces["train_loss"])[:, np.flatnonzero(chunk.counts)[-1]]
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
        params=_params(program, state),
        traces=traces,
        views=views,
        log_steps=log_steps,
        snapshot_steps=np.arange(0, run.steps + 1, every) if run.snapshots else np.zeros(0, int),
        failed_at_step=failed,
        checkpoints=history.checkpoints,
        resumed_from_step=resumed_from,
        traced=program.traced(state, ROWS),
    )

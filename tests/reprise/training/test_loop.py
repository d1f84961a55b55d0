"""Exactness of the engine: stops, batching, padding and failures change no bit of anything else."""

import dataclasses
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jax
import numpy as np
import pytest
from training_jobs import FRESH, PARITY, TRANSFORMER, Nowhere, arrays, assert_same_bits, job

from reprise.specs.runs import JobSpec
from reprise.storage.tensors import digest
from reprise.training.chunks import Progress
from reprise.training.loop import Stopped, begin, train
from reprise.training.program import Program
from reprise.training.resume import ResumeStore

SNAPSHOTS = {**PARITY, "snapshots": {"every": 24, "views": ["W_input", "W_output"]}}


def stop_after(reports: int) -> tuple[Callable[[Progress], None], Callable[[], bool]]:
    """A callback that counts reports, and a stop request once there were so many."""
    seen: list[Progress] = []
    return seen.append, lambda: len(seen) >= reports


@pytest.mark.parametrize(
    ("spec", "batching"),
    [
        (PARITY, "map"),
        (PARITY, "vmap"),
        (FRESH, "map"),
        (FRESH, "vmap"),
        (SNAPSHOTS, "map"),
        (TRANSFORMER, "map"),
    ],
    ids=["fixed", "fixed-vmap", "fresh", "fresh-vmap", "snapshots", "transformer"],
)
def test_stopped_and_resumed_equals_uninterrupted(
    tmp_path: Path, spec: dict[str, Any], batching: str
) -> None:
    made = job(spec, batching=batching, steps=240)
    whole = arrays(train(made, Nowhere()))
    chance = np.random.default_rng(len(str(spec)))
    store = ResumeStore(tmp_path / "resume", "f" * 64)
    for _ in range(2):
        report, stop = stop_after(int(chance.integers(1, 4)))
        with pytest.raises(Stopped, match="the same command resumes it"):
            train(made, store, report, stop)
    resumed = train(made, store)
    assert resumed.resumed_from_step is not None
    assert 0 <= resumed.resumed_from_step < made.run.steps
    assert_same_bits(arrays(resumed), whole)


def test_a_periodic_save_resumes_as_well(tmp_path: Path) -> None:
    """As after a kill: the last state on disk is behind the training."""
    made = job(PARITY)
    store = ResumeStore(tmp_path / "resume", "f" * 64)
    reports: list[Progress] = []
    whole = train(made, store, reports.append, save_every_s=0.0)
    ends = [progress.step + 1 for progress in reports]
    positions = sorted(int(path.name[:12]) for path in store.folder.iterdir())
    assert positions == ends[-3:-1], "the newest two of the states before the end"
    assert_same_bits(arrays(train(made, store)), arrays(whole))


def test_the_state_before_a_damaged_one_resumes_as_well(tmp_path: Path) -> None:
    made = job(PARITY)
    store = ResumeStore(tmp_path / "resume", "f" * 64)
    whole = train(made, store, save_every_s=0.0)
    older, newest = sorted(store.folder.iterdir())
    newest.write_bytes(newest.read_bytes()[:-7])
    resumed = train(made, store)
    assert resumed.resumed_from_step == int(older.name[:12]) - 1
    assert_same_bits(arrays(resumed), arrays(whole))


def test_a_mapped_member_equals_its_training_alone() -> None:
    members = {"seed": [3, 4], "optimizer.learning_rate": [0.01, 0.03]}
    made = job(SNAPSHOTS, members=members)
    whole = train(made, Nowhere())
    for member in (1, 2):
        choice = {axis: [value] for axis, value in made.members[member].items()}
        alone = train(job(SNAPSHOTS, members=choice), Nowhere())
        assert_same_bits(arrays(alone, 0), arrays(whole, member))


def test_vmapped_members_agree_with_mapped_ones_up_to_rounding() -> None:
    mapped, beside = (train(job(PARITY, batching=b, steps=40), Nowhere()) for b in ("map", "vmap"))
    for name, value in arrays(mapped).items():
        np.testing.assert_allclose(arrays(beside)[name], value, rtol=2e-3, atol=1e-5)


@pytest.mark.faults
@pytest.mark.parametrize("batching", ["map", "vmap"])
def test_a_diverging_member_fails_alone(batching: str) -> None:
    """Its siblings are those of a batch of the same width in which nothing diverges."""
    rates = {"good": [0.01, 0.02, 0.03], "bad": [0.01, 1e30, 0.03]}
    good, bad = (
        train(
            job(
                PARITY,
                batching=batching,
                members={"seed": [3], "optimizer.learning_rate": rates[name]},
            ),
            Nowhere(),
        )
        for name in rates
    )
    assert good.failed_at_step.tolist() == [-1, -1, -1]
    assert bad.failed_at_step[[0, 2]].tolist() == [-1, -1]
    for sibling in (0, 2):
        assert_same_bits(arrays(bad, sibling), arrays(good, sibling))
    failed = int(bad.failed_at_step[1])
    losses = bad.traces["train_loss"][1]
    assert failed > 0
    assert np.isfinite(losses[bad.log_steps < failed]).all()
    assert not np.isfinite(losses[bad.log_steps == failed]).any()


def test_no_finite_member_ends_the_training_with_its_step() -> None:
    made = job(PARITY, members={"seed": [3, 4], "optimizer.learning_rate": [1e30]})
    reports: list[Progress] = []
    with pytest.raises(FloatingPointError, match=r"not finite at step \d+"):
        train(made, Nowhere(), reports.append)
    assert reports[-1].step < made.run.steps
    assert np.isnan(reports[-1].loss)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_first_state_is_the_seeded_initialisation(dtype: str) -> None:
    from papers.pearce2023.models import parity_mlp
    from reprise.training.program import named, root

    with jax.enable_x64(dtype == "float64"):
        made = job(PARITY, dtype=dtype, members={"seed": [4, 3, 2**32 - 1]})
        program = Program(made)
        state = program.init()
        assert state.step.tolist() == [0, 0, 0]
        assert all(not np.asarray(leaf).any() for leaf in jax.tree.leaves(state.optimizer))
        for member, choice in enumerate(made.members):
            key = named(root(int(choice["seed"])), "init")
            module = parity_mlp.build(made.run.model, made.run.task, key, dtype)
            for name, value in program.params(state).items():
                assert value.dtype == dtype
                np.testing.assert_array_equal(value[member], getattr(module, name)[...])


@pytest.mark.faults
def test_seeds_differ_and_repeat() -> None:
    made = job(PARITY, steps=20)
    first, again = train(made, Nowhere()), train(made, Nowhere())
    assert_same_bits(arrays(first), arrays(again))
    for a, b in itertools.combinations(range(3), 2):
        for name in ("params/in_projection", "traces/train_loss"):
            assert (arrays(first, a)[name] != arrays(first, b)[name]).mean() > 0.5


def advance(program: Program, chunks: list[list[int]]) -> tuple[Any, dict[str, np.ndarray]]:
    """State and rows of metrics after ``chunks`` of updates per row; padding rows left out."""
    state, rows = program.init(), []
    for chunk in chunks:
        updates = np.array(chunk, np.int32)
        state, traces = program.advance(state, updates)
        rows.append({name: np.asarray(array)[:, updates > 0] for name, array in traces.items()})
    joined = {name: np.concatenate([r[name] for r in rows], axis=1) for name in rows[0]}
    return jax.tree.map(np.asarray, state), joined


def test_rows_that_a_chunk_cuts_off_are_not_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    """An evaluation may take as long as many updates, and chunks end in the middle of rows."""
    evaluated: list[int] = []
    evaluate = Program._evaluate

    def counted(self: Program, *given: Any) -> Any:
        jax.debug.callback(lambda: evaluated.append(1))
        return evaluate(self, *given)

    monkeypatch.setattr(Program, "_evaluate", counted)
    made = job(FRESH, steps=20, log_every=10)
    train(made, Nowhere(), save_every_s=1e-9)  # a chunk lasts no longer than that: one update
    jax.effects_barrier()
    assert len(evaluated) == 3 * len(made.members)


@pytest.mark.parametrize("spec", [PARITY, FRESH], ids=["fixed", "fresh"])
def test_chunks_and_padding_do_not_change_bits(spec: dict[str, Any]) -> None:
    """However a training is cut into chunks of the one length that its program is compiled for."""
    program = Program(job(spec))
    ways = [
        [[1, 5, 5, 5]],
        [[1, 0, 0, 0], [5, 5, 5, 0]],
        [[1, 5, 0, 0], [5, 5, 0, 0]],
        [[0, 1, 0, 5], [5, 0, 0, 5]],
    ]
    (first_state, first_rows), *others = (advance(program, way) for way in ways)
    assert first_state.step.tolist() == [16, 16, 16]
    for state, rows in others:
        assert_same_bits(rows, first_rows)
        leaves, expected = jax.tree.leaves(state), jax.tree.leaves(first_state)
        assert_same_bits(dict(enumerate(leaves)), dict(enumerate(expected)))


def test_rows_are_logged_where_the_spec_says() -> None:
    trained = train(job(SNAPSHOTS), Nowhere())
    assert trained.log_steps.tolist() == list(range(0, 121, 2))
    assert trained.snapshot_steps.tolist() == [0, 24, 48, 72, 96, 120]
    for name, rows in trained.traces.items():
        assert rows.shape == (3, 61), name
    assert {name: view.shape[:2] for name, view in trained.views.items()} == {
        "W_input": (3, 6),
        "W_output": (3, 6),
    }


def test_the_last_snapshot_shows_the_final_weights() -> None:
    trained = train(job(SNAPSHOTS), Nowhere())
    np.testing.assert_array_equal(trained.views["W_input"][:, -1], trained.params["in_projection"])


def test_fewer_steps_are_the_beginning_of_more() -> None:
    long, short = (train(job(PARITY, steps=steps), Nowhere()) for steps in (120, 60))
    for name, rows in short.traces.items():
        assert_same_bits({name: rows}, {name: long.traces[name][:, : rows.shape[1]]})


def test_phases_change_the_task_from_their_step_on() -> None:
    """Up to its end a phase is a training on its own values; a phase of the same values is none."""
    small = {**FRESH, "task": {**FRESH["task"], "batch_size": 4}}
    phased = {**FRESH, "phases": [{"until": 41, "task": {"batch_size": 4}}]}
    first, whole = train(job(small, steps=40), Nowhere()), train(job(phased), Nowhere())
    begun = {name: rows[:, :21] for name, rows in whole.traces.items()}
    assert_same_bits(begun, first.traces)
    after = train(job(small), Nowhere()).traces["train_loss"]
    assert (whole.traces["train_loss"][:, 21:] != after[:, 21:]).any()
    same = {**FRESH, "phases": [{"until": 41, "task": {"batch_size": 16}}]}
    assert_same_bits(arrays(train(job(same), Nowhere())), arrays(train(job(FRESH), Nowhere())))


def test_a_training_in_phases_resumes_as_well(tmp_path: Path) -> None:
    made = job({**FRESH, "phases": [{"until": 41, "task": {"batch_size": 4}}]})
    store = ResumeStore(tmp_path / "resume", "f" * 64)
    whole = train(made, Nowhere())
    report, stop = stop_after(1)
    for _ in range(2):
        with pytest.raises(Stopped):
            train(made, store, report, stop)
    assert_same_bits(arrays(train(made, store)), arrays(whole))


def test_checkpoints_are_noted_at_first_after_the_beginning_at_snapshots_and_at_the_end(
    tmp_path: Path,
) -> None:
    made = job(SNAPSHOTS, snapshots={"every": 24, "views": ["params"]})
    trained = train(made, Nowhere())
    assert [c["updates"] for c in trained.checkpoints] == [0, 1, 16, 25, 49, 73, 97, 121]
    for member in range(3):
        own = [checkpoint["sha256"][member] for checkpoint in trained.checkpoints]
        assert len(set(own)) == len(own)
        states = {k.removeprefix("params."): v[member] for k, v in trained.views.items()}
        shown = [digest({k: v[i] for k, v in states.items()}) for i in range(6)]
        assert shown == [own[1], *own[3:]]
    first = Program(made).params(Program(made).init())
    assert trained.checkpoints[0]["sha256"] == [
        digest({name: np.asarray(x[member]) for name, x in first.items()}) for member in range(3)
    ]
    store = ResumeStore(tmp_path / "resume", "f" * 64)
    for _ in range(2):  # stopped within the beginning, and after it
        with pytest.raises(Stopped):
            train(made, store, *stop_after(1))
    assert train(made, store).checkpoints == trained.checkpoints
    assert begin(made) == trained.checkpoints[:3]
    numbers = trained.checkpoints[2]
    assert numbers["first_loss"] == trained.traces["train_loss"][:, 0].tolist()
    assert all(0 < moved < 16 * 0.01 * 8 for moved in numbers["moved"]), "Adam's steps, 64 weights"
    assert len({*numbers["loss"], *numbers["first_loss"]}) == 6


def test_progress_is_reported_to_the_last_step() -> None:
    reports: list[Progress] = []
    made = job(PARITY)
    train(made, Nowhere(), reports.append)
    steps = [progress.step for progress in reports]
    assert steps == sorted(set(steps))
    assert steps[-1] == made.run.steps
    assert all(progress.steps == made.run.steps for progress in reports)
    assert all(progress.steps_per_s > 0 for progress in reports)


def test_a_job_is_a_value() -> None:
    """Nothing of a training is kept in the job that describes it."""
    made: JobSpec = job(PARITY, steps=20)
    before = made.model_dump_json()
    train(made, Nowhere())
    assert made.model_dump_json() == before
    assert dataclasses.is_dataclass(train(made, Nowhere()))


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Overflow is what the diverging members are about."""
    with np.errstate(all="ignore"):
        yield

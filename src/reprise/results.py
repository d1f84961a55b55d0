"""What a table function receives: runs, datasets, tables and reference data as plain arrays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import IO, Any

import numpy as np
import pandas as pd

from reprise.specs.runs import DYNAMIC_AXES, JobSpec, RunSpec, with_values


@dataclass(frozen=True)
class RunResult:
    """One finished run, its jobs joined; members are numbered 0..n-1 in the order of the grid.

    ``members`` has one row per member (index ``member``), one column per axis (``seed``,
    ``optimizer.weight_decay``, ...) and ``failed_at_step`` (NaN where the member stayed finite).
    ``metrics`` has the columns ``member``, ``step`` and one per metric; ``train_loss`` at step s is
    the loss that the update of step s saw, every other metric is taken after that update.
    """

    spec: RunSpec
    members: pd.DataFrame
    metrics: pd.DataFrame
    params: tuple[Mapping[str, np.ndarray], ...]
    """Final parameters, one mapping per member."""
    views: tuple[Mapping[str, np.ndarray], ...] = ()
    """Per member, view name -> array (snapshot, ...)."""
    snapshot_steps: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    """Step of each snapshot, taken after the update of that step (as the metrics are)."""


@dataclass(frozen=True)
class JobResult:
    """One finished job; every array has the member (within the job) as first axis."""

    job: JobSpec
    failed_at_step: np.ndarray
    metrics: pd.DataFrame
    params: Mapping[str, np.ndarray]
    views: Mapping[str, np.ndarray]
    snapshot_steps: np.ndarray


def join_jobs(jobs: Sequence[JobResult]) -> RunResult:
    """One run from its jobs, members numbered through in the order of the jobs."""
    members = pd.DataFrame([member for job in jobs for member in job.job.members])
    failed = np.concatenate([job.failed_at_step for job in jobs])
    members["failed_at_step"] = np.where(failed < 0, np.nan, failed)
    members.index.name = "member"
    offsets = np.cumsum([0, *(len(job.job.members) for job in jobs)])
    metrics = [
        job.metrics.assign(member=job.metrics["member"] + offset)
        for job, offset in zip(jobs, offsets, strict=False)
    ]
    return RunResult(
        spec=jobs[0].job.run,
        members=members,
        metrics=pd.concat(metrics, ignore_index=True),
        params=tuple(_one(job.params, m) for job in jobs for m in range(len(job.job.members))),
        views=tuple(_one(job.views, m) for job in jobs for m in range(len(job.job.members))),
        snapshot_steps=jobs[0].snapshot_steps,
    )


def _one(arrays: Mapping[str, np.ndarray], member: int) -> Mapping[str, np.ndarray]:
    return {name: array[member] for name, array in arrays.items()}


def finished(result: RunResult) -> list[int]:
    """Members that stayed finite."""
    return [int(m) for m in result.members.index[result.members["failed_at_step"].isna()]]


def member_spec(result: RunResult, member: int) -> RunSpec:
    """The run's spec with the member's own values of what shapes its network and task."""
    axes = set(map(str, result.members.columns)) - set(DYNAMIC_AXES) - {"failed_at_step"}
    values = {axis: _plain(result.members.at[member, axis]) for axis in sorted(axes)}
    return with_values(result.spec, values)


def snapshot(result: RunResult, member: int, index: int) -> Mapping[str, np.ndarray]:
    """All parameters of a member at a snapshot, which needs the view ``params``."""
    views = result.views[member]
    return {
        name.removeprefix("params."): views[name][index]
        for name in views
        if name.startswith("params.")
    }


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


@dataclass(frozen=True)
class Inputs:
    """Everything that a table may read, by the names of ``paper.yaml``."""

    runs: Mapping[str, RunResult] = field(default_factory=dict)
    datasets: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    reference: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """``frame`` without its index, as UTF-8 CSV; floats in shortest exact form, Unix newlines."""
    return frame.to_csv(index=False, lineterminator="\n").encode()


def parse_csv(file: IO[bytes]) -> pd.DataFrame:
    """Parse a CSV of ours; floats come back bit for bit, text is never guessed to be missing."""
    return pd.read_csv(file, keep_default_na=False, na_values=[""])

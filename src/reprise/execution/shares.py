"""A job trained by several processes: each its share of the members, and the shares joined.

No member's numbers depend on another member, so a share is a job of its own, with states of its
own. Where ``batching`` is ``vmap`` fewer members lie side by side, which can change last digits.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from reprise.execution.crew import Crew
from reprise.specs.members import JobSpec
from reprise.storage.tensors import decode, encode
from reprise.training.loop import Trained

_GROUPS = ("params", "traces", "views")
_ARRAYS = ("log_steps", "snapshot_steps", "failed_at_step")
Train = Callable[[JobSpec, str], Trained]
"""From a job and the name of a share (empty: the whole) to its outcome."""


def train_shares(job: JobSpec, crew: Crew, train: Train) -> Trained:
    """Train ``job`` with all of ``crew``; every process gets the whole outcome.

    A share of which no member stays finite is trained once more, beside a member of another share
    that does: only where no member of the whole job stays finite does the job fail.

    Raises:
        FloatingPointError: no member stayed finite.
        ConnectionError: a process is gone.
        What ``train`` raises.
    """
    if crew.alone:
        return train(job, "")
    members = job.members[crew.share(len(job.members))]
    name = f"{crew.index + 1}-of-{crew.count}"
    outcomes = _exchange(crew, _train(job, members, name, train))
    failed = [outcome for outcome in outcomes if isinstance(outcome, FloatingPointError)]
    if failed:
        beside = _finite(job, crew, outcomes)
        if beside is None:
            raise failed[0]
        own = outcomes[crew.index]
        if isinstance(own, FloatingPointError):
            own = _train(job, (*members, beside), f"{name}-beside", train)
            own = _without_last(own) if isinstance(own, Trained) else own
        outcomes = _exchange(crew, own)
    return join([outcome for outcome in outcomes if isinstance(outcome, Trained)])


def join(shares: Sequence[Trained]) -> Trained:
    """One outcome from those of the shares, in their order; times are the longest of them."""
    first = shares[0]
    groups = {
        group: {
            name: np.concatenate([getattr(share, group)[name] for share in shares])
            for name in getattr(first, group)
        }
        for group in _GROUPS
    }
    points = zip(*(share.checkpoints for share in shares), strict=True)
    resumed = [s.resumed_from_step for s in shares if s.resumed_from_step is not None]
    return Trained(
        **groups,
        log_steps=first.log_steps,
        snapshot_steps=first.snapshot_steps,
        failed_at_step=np.concatenate([share.failed_at_step for share in shares]),
        checkpoints=[
            {
                "updates": point[0]["updates"],
                "sha256": [d for part in point for d in part["sha256"]],
            }
            for point in points
        ],
        compile_s=max(share.compile_s for share in shares),
        train_s=max(share.train_s for share in shares),
        resumed_from_step=min(resumed, default=None),
        traced=first.traced,
    )


Outcome = Trained | FloatingPointError | None


def _train(job: JobSpec, members: Sequence[object], name: str, train: Train) -> Outcome:
    """The outcome of these members; None for none."""
    if not members:
        return None
    try:
        return train(job.model_copy(update={"members": tuple(members)}), name)
    except FloatingPointError as error:
        return error


def _exchange(crew: Crew, own: Outcome) -> list[Outcome]:
    return [_read(data) for data in crew.gather(_written(own))]


def _written(outcome: Outcome) -> bytes:
    if outcome is None:
        return b""
    if isinstance(outcome, FloatingPointError):
        return encode({}, {"error": str(outcome)})
    fields = asdict(replace(outcome, traced=()))
    del fields["traced"]
    arrays = {name: fields.pop(name) for name in _ARRAYS}
    for group in _GROUPS:
        arrays |= {f"{group}/{name}": array for name, array in fields.pop(group).items()}
    return encode(arrays, fields)


def _read(data: bytes) -> Outcome:
    if not data:
        return None
    arrays, header = decode(data)
    if "error" in header:
        return FloatingPointError(header["error"])
    fields: dict[str, Any] = {**header, **{name: arrays[name] for name in _ARRAYS}}
    for group in _GROUPS:
        own = {name: array for name, array in arrays.items() if name.startswith(f"{group}/")}
        fields[group] = {name.partition("/")[2]: array for name, array in own.items()}
    return Trained(**fields)


def _finite(job: JobSpec, crew: Crew, outcomes: Sequence[Outcome]) -> dict[str, object] | None:
    """A member that stayed finite to the end."""
    for index, outcome in enumerate(outcomes):
        if isinstance(outcome, Trained):
            share = job.members[Crew(crew.count, index).share(len(job.members))]
            for member, step in zip(share, outcome.failed_at_step, strict=True):
                if step < 0:
                    return dict(member)
    return None


def _without_last(trained: Trained) -> Trained:
    """Without the member that was only beside the others."""
    groups = {
        group: {name: array[:-1] for name, array in getattr(trained, group).items()}
        for group in _GROUPS
    }
    points = [{**point, "sha256": point["sha256"][:-1]} for point in trained.checkpoints]
    failed = trained.failed_at_step[:-1]
    return Trained(**{**vars(trained), **groups, "checkpoints": points, "failed_at_step": failed})

"""Make a run: train its members, then turn the result into files."""

import errno
import os
import signal
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from reprise.execution import numerics
from reprise.execution.crew import ALONE, Crew
from reprise.execution.device import configure, refuse_cpu, require
from reprise.execution.leases import lease
from reprise.execution.outputs import Content
from reprise.execution.states import resume_store
from reprise.execution.visible import devices_per_job
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.provenance.environment import processor
from reprise.specs.members import JobSpec
from reprise.storage.frames import csv_bytes
from reprise.storage.tensors import encode
from reprise.training.memory import advice
from reprise.training.progress import Progress
from reprise.training.telemetry import Meter, progress_file, reporter

SAVE_EVERY = "REPRISE_SAVE_EVERY_S"
"""Environment variable: seconds between resume states, instead of ``loop.SAVE_EVERY_S``."""


class Interrupted(Exception):
    """A signal stopped the training; its state is saved."""

    def __init__(self, message: str, number: int) -> None:
        super().__init__(message)
        self.number = number


def run(
    node: Node, project: Project, echo: Callable[[str], None], crew: Crew = ALONE
) -> tuple[Content, dict[str, Any]]:
    """Train ``node``, resuming where an earlier attempt stopped; files and what the record says.

    Every process of ``crew`` calls this, and gets the same files.

    Raises:
        Interrupted: a signal asked to stop; the state is saved.
        FloatingPointError: no member stayed finite.
        ConfigError: the device that was asked for, or that the scale is made for, is not there, or
            cannot do the numerics profile.
        OSError: the members do not fit into the device's memory, or a process is gone.
    """
    import json

    job = JobSpec.model_validate_json(json.dumps(node.spec))
    signals = _listen()
    leased = _leased(project, signals)
    configure(project.cache, job.run.dtype, job.run.threads)
    profile = job.numerics or "exact"
    numerics.before_start(profile)
    crew.join()
    device = require()
    refuse_cpu(node.scale, device["platform"])
    arithmetic = numerics.apply(profile, device)
    from reprise.execution.placement import place
    from reprise.execution.shares import train_shares
    from reprise.training.flops import Devices, count, performance

    placement = place(crew.part(job), devices_per_job())
    report = reporter(progress_file(project, node.fingerprint), echo) if crew.leads else _silent
    meter = Meter(job.run, report)
    try:
        trained = train_shares(job, crew, _trainer(node, project, meter, signals, device))
    except ConnectionError as error:
        if not signals:
            raise
        raise Interrupted(f"stopped ({error}); the same command resumes it", signals[0]) from None
    steps = job.run.steps + 1
    train_s = max(trained.train_s - trained.compile_s, 1e-9)
    speed = {}
    if crew.alone:
        kind = processor() if device["platform"] == "cpu" else device["kind"]
        used = Devices(device["platform"], kind, len(placement.devices), project.cache)
        work = count(job.run, len(job.members), trained.traced)
        speed = performance(job, work, meter.updates_per_s, used)
    execution = {
        "device": device,
        **leased,
        **placement.recorded,
        **({} if crew.alone else {"processes": crew.count}),
        "threads": job.run.threads,
        "numerics": arithmetic,
        "members": len(job.members),
        "failed_at_step": trained.failed_at_step.tolist(),
        "checkpoints": trained.checkpoints,
        "compile_s": round(trained.compile_s, 3),
        "train_s": round(trained.train_s, 3),
        "member_steps_per_s": round(steps * len(job.members) / train_s, 1),
        **speed,
        "resumed_from_step": trained.resumed_from_step,
    }
    header = {"node": node.id, "fingerprint": node.fingerprint}
    content = {
        "params.safetensors": encode(trained.params, header),
        "views.safetensors": encode({**trained.views, "steps": trained.snapshot_steps}, header),
        "metrics.csv": csv_bytes(metrics(trained.traces, trained.log_steps)),
    }
    return content, execution


def _trainer(
    node: Node,
    project: Project,
    report: Callable[[Progress], None],
    signals: list[int],
    device: dict[str, Any],
) -> Callable[[JobSpec, str], Any]:
    """How this process trains the whole job, or a named share of it."""
    from jax.errors import JaxRuntimeError

    from reprise.execution.placement import place
    from reprise.training.loop import SAVE_EVERY_S, Stopped, train

    def trainer(job: JobSpec, share: str) -> Any:
        store = resume_store(project, node.fingerprint, share)
        save_every_s = float(os.environ.get(SAVE_EVERY, SAVE_EVERY_S))
        placed = place(job, devices_per_job()).store(job, store)
        try:
            return train(job, placed, report, lambda: bool(signals), save_every_s)
        except Stopped as error:
            raise Interrupted(str(error), signals[0]) from None
        except JaxRuntimeError as error:
            raise _explained(error, node, job, device) from error

    return trainer


def _silent(progress: Progress) -> None:
    """Report nothing: the first process does."""


def metrics(traces: dict[str, np.ndarray], steps: np.ndarray) -> pd.DataFrame:
    """Tidy rows member by member: the columns ``member``, ``step`` and one per metric (by name)."""
    members = next(iter(traces.values())).shape[0]
    columns = {name: traces[name].astype(float).ravel() for name in sorted(traces)}
    index = {"member": np.repeat(np.arange(members), len(steps)), "step": np.tile(steps, members)}
    return pd.DataFrame({**index, **columns})


def _explained(error: Exception, node: Node, job: JobSpec, device: dict[str, Any]) -> Exception:
    """``error``; where memory ran out, an error that says what to choose."""
    if "RESOURCE_EXHAUSTED" not in str(error):
        return error
    members, name = len(job.members), node.name.rpartition("/")[0]
    found = advice(job)
    fewer = f"at most {found} (what the compiled program needs)" if found else "fewer"
    return OSError(
        errno.ENOMEM,
        f"the memory of the {device['kind']} does not hold {members} members at once. Their "
        f"number is never changed by itself, since that can change bits. Choose {fewer} in "
        f"config.yaml (overrides: {node.paper}.runs.{name}.members_per_job) or a smaller scale",
        str(error).partition("\n")[0],
    )


def _leased(project: Project, signals: list[int]) -> dict[str, Any]:
    """Take devices; what the record says of them."""
    try:
        names = lease(project, lambda: bool(signals))
    except InterruptedError as error:
        raise Interrupted(str(error), signals[0]) from None
    return {"leased": list(names)} if names else {}


def _listen() -> list[int]:
    """The signals that ask to stop, as they come."""
    received: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda got, frame: received.append(got))
    return received

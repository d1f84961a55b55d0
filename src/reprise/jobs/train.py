"""Make a run: train its members, then turn the result into files.

This module imports JAX, so it is loaded for runs only.
"""

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jax.errors import JaxRuntimeError

from reprise.graph.nodes import Node
from reprise.jobs.leases import Interrupted, lease
from reprise.machine import processor
from reprise.project import Project
from reprise.results import csv_bytes
from reprise.storage.tensors import encode, member_digest
from reprise.training import numerics
from reprise.training.chunks import Progress
from reprise.training.devices import configure, devices_per_job, refuse_cpu
from reprise.training.flops import Devices, count, performance
from reprise.training.loop import SAVE_EVERY_S, Stopped, train
from reprise.training.placement import place
from reprise.training.program import Program
from reprise.training.progress import phase
from reprise.training.resume import resume_store
from reprise.training.telemetry import Meter

SAVE_EVERY = "REPRISE_SAVE_EVERY_S"
"""Environment variable: seconds between resume states, instead of ``loop.SAVE_EVERY_S``."""


def run(
    node: Node, project: Project, report: Callable[[Progress], None]
) -> tuple[dict[str, bytes], dict[str, Any]]:
    """Train ``node``, resuming where an earlier attempt stopped; files and what the record says.

    ``report`` is told after every chunk how far it is.

    Raises:
        Interrupted: a signal asked to stop; the state is saved.
        FloatingPointError: no member stayed finite.
        ConfigError: the device is not there, or cannot do the numerics profile.
        OSError: the members do not fit into the device's memory.
    """
    job = node.training_job
    signals = _listen()
    with phase("wait"):
        leased = lease(project, signals)
    configure(project.cache, job.run.dtype, job.run.threads)
    device, arithmetic = numerics.start(job.numerics)
    refuse_cpu(node.scale, device["platform"])
    placement = place(job, devices_per_job())
    meter = Meter(job.run, report)
    with phase("evaluate"):
        store = placement.store(job, resume_store(project, node.fingerprint))
        save_every_s = float(os.environ.get(SAVE_EVERY, SAVE_EVERY_S))
        try:
            trained = train(job, store, meter, lambda: bool(signals), save_every_s)
        except Stopped as error:
            raise Interrupted(str(error), signals[0]) from None
        except JaxRuntimeError as error:
            raise _explained(error, node, device) from error
        kind = processor() if device["platform"] == "cpu" else device["kind"]
        used = Devices(device["platform"], kind, len(placement.devices), project.cache)
        work, pace = count(job.run, len(job.members), trained.traced), meter.updates_per_s
        reached = performance(job, work, pace, used)
    execution = {
        "device": device,
        **({"leased": list(leased)} if leased else {}),
        **placement.recorded,
        "threads": job.run.threads,
        "numerics": arithmetic,
        "members": len(job.members),
        "failed_at_step": trained.failed_at_step.tolist(),
        "checkpoints": trained.checkpoints,
        # None of a training that was one chunk.
        "member_steps_per_s": pace and round(len(job.members) * pace, 1),
        "resumed_from_step": trained.resumed_from_step,
        **reached,
    }
    header = {"node": node.id, "fingerprint": node.fingerprint}
    with phase("write"):
        content = {
            "params.safetensors": encode(trained.params, header),
            "views.safetensors": encode({**trained.views, "steps": trained.snapshot_steps}, header),
            "metrics.csv": csv_bytes(metrics(trained.traces, trained.log_steps)),
        }
    return content, execution


def initial_digests(node: Node, cache: Path) -> list[str]:
    """Digest of each member's parameters before the first update, from the run's spec alone."""
    job = node.training_job
    configure(cache, job.run.dtype, job.run.threads)
    program = Program(job)
    params = {name: np.asarray(x) for name, x in program.params(program.init()).items()}
    return [member_digest(params, member) for member in range(len(job.members))]


def metrics(traces: dict[str, np.ndarray], steps: np.ndarray) -> pd.DataFrame:
    """Tidy rows member by member: the columns ``member``, ``step`` and one per metric (by name)."""
    members = next(iter(traces.values())).shape[0]
    columns = {name: traces[name].astype(float).ravel() for name in sorted(traces)}
    index = {"member": np.repeat(np.arange(members), len(steps)), "step": np.tile(steps, members)}
    return pd.DataFrame({**index, **columns})


def _explained(error: Exception, node: Node, device: dict[str, Any]) -> Exception:
    """``error``; where memory ran out, an error that says what to choose."""
    if "RESOURCE_EXHAUSTED" not in str(error):
        return error
    members, name = len(node.training_job.members), node.name.rpartition("/")[0]
    return OSError(
        errno.ENOMEM,
        f"the memory of the {device['kind']} does not hold {members} members at once. Their "
        f"number is never changed by itself, since that can change bits. Choose fewer in "
        f"config.yaml (overrides: {node.paper}.runs.{name}.members_per_job) or a smaller scale",
        str(error).partition("\n")[0],
    )


def _listen() -> list[int]:
    """The signals that ask to stop, as they come."""
    received: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: received.append(number))
    return received

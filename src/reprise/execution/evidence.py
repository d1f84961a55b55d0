"""Recorded trainings, read as samples of how long training takes on a device."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from statistics import median
from typing import Any

from reprise.execution import calibration
from reprise.execution.durations import Durations, machine_factor
from reprise.execution.samples import Sample, Work
from reprise.graph.fingerprint import fingerprint
from reprise.project import Project
from reprise.records.record import Record, UnreadableRecord, read_record

PUBLISHED = "published"


@dataclass(frozen=True)
class Training:
    """A recorded training: its sample, and what else its record tells of such jobs."""

    id: str
    scale: str
    sample: Sample
    device: str
    """Platform and kind, in small letters."""
    digest: str
    """Of what an update computes."""
    peak_memory_bytes: int
    peak_flops_per_s: float | None
    """The best of the machine that made it, as calibrated there."""


@dataclass
class Evidence:
    """All recorded trainings that ``project`` holds, of every scale."""

    project: Project
    without: frozenset[str] = field(default_factory=frozenset)
    """Ids of nodes whose records are left out: what is known without them."""

    def of(self, device: str) -> Durations:
        """What is known of devices whose name holds ``device`` (small letters).

        Samples from elsewhere are set to this machine's speed: by what was trained on both, else by
        the calibrations of both, if there are.
        """
        chosen = [t for t in self.trainings if device in t.device]
        here = [t.sample for t in chosen if t.sample.here]
        elsewhere = [t.sample for t in chosen if not t.sample.here]
        factor = machine_factor(here, Durations(tuple(elsewhere))) or self._calibrated(chosen)
        return Durations((*here, *(s.slower(factor) for s in elsewhere)))

    def best(self, platform: str, dtype: str) -> float | None:
        """FLOP/s of a large product here, as calibrated; None where it was not measured."""
        return best_here(self.project.cache, platform, dtype)

    def _calibrated(self, trainings: Sequence[Training]) -> float:
        """How many times as long this machine needs by its calibration and those of records."""
        ratios = []
        for training in trainings:
            here = self.best(training.device.partition(" ")[0], training.sample.work.family[-1])
            if not training.sample.here and training.peak_flops_per_s and here:
                ratios.append(training.peak_flops_per_s / here)
        return median(ratios) if ratios else 1.0

    @cached_property
    def devices(self) -> tuple[str, ...]:
        """Devices that trained anything."""
        return tuple(sorted({t.device for t in self.trainings}))

    @cached_property
    def trainings(self) -> tuple[Training, ...]:
        """Every one that can be read; none that was resumed, since only its end was timed."""
        return tuple(t for record, here in self._records() if (t := training(record, here)))

    @cached_property
    def flops(self) -> dict[str, float]:
        """Digest of an update -> its FLOPs, as recorded."""
        return {t.digest: t.sample.work.flops for t in self.trainings if t.sample.work.flops}

    def networks(self, scale: str) -> dict[str, float | None]:
        """Id of a recorded training at ``scale`` -> FLOPs of its networks for an example."""
        return {t.id: t.sample.work.example_flops for t in self.trainings if t.scale == scale}

    def _records(self) -> Iterator[tuple[Record, bool]]:
        results = self.project.path("results")
        for path in sorted(results.glob("**/runs/**/record.json")):
            place = path.relative_to(results).parts[0]
            try:
                record = read_record(path)
            except (OSError, UnreadableRecord):
                continue
            if record.node.get("id") not in self.without:
                yield record, place != PUBLISHED


def training(record: Record, here: bool) -> Training | None:
    """What ``record`` tells; None where it is not one of a whole training."""
    done = record.execution
    try:
        work = work_of(record.node["paper"], record.node["name"], record.spec)
        seconds = [float(done[key]) for key in ("wall_s", "train_s", "compile_s")]
        device = f"{done['device']['platform']} {done['device']['kind']}".lower()
        flops = done.get("compiler_flops_per_update")
        flops = float(done["flops"]) / (work.updates * work.members) if flops is None else flops
        known = float(flops) if math.isfinite(flops) and flops > 0 else None
        best = done.get("peak_flops_per_s")
        best = float(best) if best is not None else None
    except (KeyError, TypeError, ValueError, AttributeError, ZeroDivisionError):
        return None
    wall_s, train_s, compile_s = seconds
    if done.get("resumed_from_step") is not None or not 0 < compile_s <= train_s <= wall_s:
        return None
    sample = Sample(replace(work, flops=known), wall_s - train_s, compile_s, train_s, here)
    peak = int(done["peak_memory_bytes"])
    digest = work_digest(record.spec["run"])
    return Training(record.node["id"], record.node["scale"], sample, device, digest, peak, best)


def best_here(cache: Path, platform: str, dtype: str) -> float | None:
    """The largest FLOP/s in ``calibration.json`` for one thread of ``platform`` and ``dtype``."""
    found = [
        value
        for key, value in calibration.read(cache).items()
        if key.startswith(f"{platform} ") and f", {dtype}, " in key
        if key.endswith(", threads 1") or platform != "cpu"
    ]
    return max(found, default=None)


def work_of(paper: str, name: str, spec: Mapping[str, Any]) -> Work:
    """What the training ``name`` of a resolved job ``spec`` has to do; FLOPs not yet known.

    Raises:
        KeyError, TypeError, ValueError: it is not the spec of a job.
    """
    run = spec["run"]
    arithmetic = spec.get("numerics") or run["dtype"]
    kinds = (run["task"]["name"], run["model"]["name"], arithmetic)
    return Work(
        family=(f"{paper}/{name.rpartition('/')[0]}", *kinds),
        members=len(spec["members"]),
        updates=int(run["steps"]) + 1,
        flops=None,
        phases=len(run.get("phases", ())) + 1,
        side_by_side=run["batching"] == "vmap",
        batch=int(run["task"].get("batch_size") or 1),
    )


def work_digest(run: Mapping[str, Any]) -> str:
    """Digest of what one update of ``run`` computes, whatever its steps, seeds, logs and rates."""
    views = (run.get("snapshots") or {}).get("views", [])
    parts = {key: run[key] for key in ("task", "model", "dtype")}
    return fingerprint({**parts, "optimizer": run["optimizer"]["name"], "views": list(views)})

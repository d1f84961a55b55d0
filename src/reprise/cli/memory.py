"""``reprise memory RUN``: how many members of a run this device holds at once."""

import json
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from reprise.graph.build import Graph, build
from reprise.graph.nodes import Node
from reprise.project import Project
from reprise.specs.config import Config
from reprise.specs.errors import ConfigError, suggest
from reprise.training import memory, numerics
from reprise.training.devices import configure, require

SCHEMA = 1


@dataclass(frozen=True)
class Advice:
    """What one job takes, and the largest ``members_per_job``."""

    job: str
    members: int
    device: str
    limit: int
    need: memory.Need

    @property
    def fitting(self) -> int:
        """Members that fit at once."""
        return self.need.fitting(self.limit)


def show_memory(
    project: Project, config: Config, target: str, limit: int | None, as_json: bool, out: Console
) -> None:
    """Print what a job of the run ``target`` takes, and how many members fit; trains nothing.

    Raises:
        ConfigError: there is no such run, or the device cannot do what its spec asks for.
    """
    advice = advise(project, build(config), target, limit)
    if as_json:
        print(json.dumps({"schema": SCHEMA, **_plain(advice)}, indent=2, sort_keys=True))
        return
    gigabytes, each = advice.limit / 1e9, advice.need.per_member / 1e6
    out.print(f"{advice.job} trains {advice.members} members at once", highlight=False)
    out.print(
        f"{advice.device} with {gigabytes:.1f} GB: {advice.need.fixed / 1e6:.0f} MB and "
        f"{each:.3g} MB a member, so {advice.need.of(advice.members) / 1e9:.3g} GB",
        highlight=False,
    )
    paper, _, run = target.partition("/")
    fits = "fits" if advice.members <= advice.fitting else "does not fit"
    out.print(
        f"It {fits}. At most {advice.fitting} fit: config.yaml, overrides: "
        f"{paper}.runs.{run.removeprefix('run/').partition('/')[0]}.members_per_job",
        highlight=False,
    )


def advise(project: Project, graph: Graph, target: str, limit: int | None) -> Advice:
    """The advice for the job of ``target`` with the most parameters; raises ConfigError."""
    nodes = _jobs(graph, target)
    jobs = [(node, node.training_job) for node in nodes]
    job = jobs[0][1]
    profile = job.numerics or "exact"
    configure(project.cache, job.run.dtype, job.run.threads)
    numerics.before_start(profile)
    device = require()
    numerics.apply(profile, device)
    node, job = max(jobs, key=lambda found: memory.state_bytes(found[1]))
    need = memory.need(job)
    return Advice(node.id, len(job.members), device["kind"], limit or memory.limit(), need)


def _jobs(graph: Graph, target: str) -> list[Node]:
    runs = [node for node in graph.nodes.values() if node.kind == "run"]
    names = {f"{n.paper}/{n.name.rpartition('/')[0]}" for n in runs}
    found = [n for n in runs if target in (n.id, f"{n.paper}/{n.name.rpartition('/')[0]}")]
    if not found:
        raise ConfigError(f"no run {target!r}{suggest(target, names | {n.id for n in runs})}")
    return found


def _plain(advice: Advice) -> dict[str, Any]:
    return {
        "job": advice.job,
        "members": advice.members,
        "device": advice.device,
        "limit_bytes": advice.limit,
        "fixed_bytes": round(advice.need.fixed),
        "bytes_per_member": round(advice.need.per_member),
        "needed_bytes": round(advice.need.of(advice.members)),
        "members_that_fit": advice.fitting,
    }

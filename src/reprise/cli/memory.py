"""``reprise memory RUN``: how many members of a run this device holds at once."""

from rich.console import Console

from reprise.cli.output import dumped, show_line
from reprise.cli.target import find_target
from reprise.graph.build import build
from reprise.project import Project
from reprise.specs.load import Config
from reprise.training import memory, numerics
from reprise.training.devices import configure

SCHEMA = 1


def show_memory(
    project: Project, config: Config, target: str, limit: int | None, as_json: bool, out: Console
) -> None:
    """Print what a job of the run ``target`` takes, and how many members fit; trains nothing.

    Of several jobs it is the one with the most parameters.

    Raises:
        ConfigError: there is no such run, or the device cannot do what its spec asks for.
    """
    graph = build(config)
    nodes = [graph.nodes[i] for i in find_target(graph.nodes, target, kind="run").nodes]
    first = nodes[0].training_job
    configure(project.cache, first.run.dtype, first.run.threads)
    device, _ = numerics.start(first.numerics)
    node = max(nodes, key=lambda node: memory.state_bytes(node.training_job))
    members, need = len(node.training_job.members), memory.need(node.training_job)
    limit = limit or memory.limit()
    fitting = need.fitting(limit)
    if as_json:
        described = {
            "schema": SCHEMA,
            "job": node.id,
            "members": members,
            "device": device["kind"],
            "limit_bytes": limit,
            "fixed_bytes": round(need.fixed),
            "bytes_per_member": round(need.per_member),
            "needed_bytes": round(need.of(members)),
            "members_that_fit": fitting,
        }
        print(dumped(described))
        return
    show_line(f"{node.id} trains {members} members at once", out)
    show_line(
        f"{device['kind']} with {limit / 1e9:.1f} GB: {need.fixed / 1e6:.0f} MB and "
        f"{need.per_member / 1e6:.3g} MB a member, so {need.of(members) / 1e9:.3g} GB",
        out,
    )
    fits = "fits" if members <= fitting else "does not fit"
    show_line(
        f"It {fits}. At most {fitting} fit: config.yaml, overrides: "
        f"{node.paper}.runs.{node.name.rpartition('/')[0]}.members_per_job",
        out,
    )

"""What ``reprise run`` says of devices before it starts."""

from rich.console import Console

from reprise.cli.plan import duration
from reprise.execution.costs import GUESSED
from reprise.execution.planning import Plan
from reprise.graph.nodes import Node
from reprise.jobs.leases import side_by_side
from reprise.training.devices import (
    ACCELERATED,
    PER_JOB,
    chosen_cpu,
    device_here,
    devices_per_job,
    refuse_cpu,
    visible_devices,
)
from reprise.training.numerics import refuse


def check_device(plan: Plan, todo: list[Node], console: Console) -> None:
    """Warn where trainings of a scale for accelerators go to a CPU, say how devices are shared out.

    Raises:
        ConfigError: nobody chose that CPU, it cannot do the numerics profile, or
            ``REPRISE_DEVICES_PER_JOB`` is wrong.
    """
    runs = [node for node in todo if node.kind == "run"]
    if not runs:
        return
    scale, profile = plan.graph.config.scale, plan.graph.config.numerics
    if scale in ACCELERATED or profile == "fast":
        platform = "cpu" if chosen_cpu() else device_here(plan.project.root)
        refuse(profile, platform or "")
        if platform == "cpu":
            long = _how_long(plan, runs)
            refuse_cpu(scale, platform, f" ({long})")
            console.print(
                f"Warning: scale {scale} on the CPU, since JAX_PLATFORMS=cpu says so: {long}",
                style="red",
                highlight=False,
                soft_wrap=True,
            )
    _say_how_shared(len(runs), console)


def _how_long(plan: Plan, runs: list[Node]) -> str:
    """What earlier records tell of the time that ``runs`` take."""
    costs = [plan.cost(node) for node in runs]
    timed = [cost.seconds for cost in costs if cost.basis != GUESSED]
    trainings = f"{len(runs)} training{'s' if len(runs) > 1 else ''}"
    if not timed:
        return f"{trainings}, for how long is not known: none was ever timed"
    known = "" if len(timed) == len(runs) else f" for the {len(timed)} that were ever timed"
    return f"{trainings}, {duration(sum(timed))}{known} by earlier records, on whatever device"


def _say_how_shared(runs: int, console: Console) -> None:
    here, limit, per_job = len(visible_devices()), side_by_side(), devices_per_job()
    if limit is None or here < 2:
        return
    each = "all of them" if per_job is None else "one" if per_job == 1 else f"{per_job}"
    hint = f"; {PER_JOB}=all spreads it over all" if runs == 1 and per_job == 1 else ""
    console.print(f"{here} devices, {each} per training{hint}", highlight=False)

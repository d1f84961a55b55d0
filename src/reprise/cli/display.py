"""What is shown while jobs run: a live panel in a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from reprise.graph.nodes import Node
from reprise.plan.cost import Forecast, Seen, steps_s
from reprise.plan.planning import Plan
from reprise.plotting.numbers import percent
from reprise.records.record import Record
from reprise.report.text import duration
from reprise.training.devices import ACCELERATED
from reprise.training.telemetry import WORK, Running, running

_AGAIN_S = 5.0


class Clock:
    """What is done, what runs, and the time that is left."""

    def __init__(
        self,
        plan: Plan,
        todo: list[Node],
        slots: int,
        cores: float,
        new_record: Callable[[Node], Record | None],
    ) -> None:
        """``new_record`` has the record of a node once this run has made it."""
        self.plan, self.new_record = plan, new_record
        self.waiting = {node.id: node for node in todo}
        self.total = len(todo)
        costs = {node.id: plan.cost(node) for node in todo}
        self.forecast = Forecast(todo, costs, slots, cores)
        self.began = time.time()
        self._ended: dict[str, tuple[float, Seen]] = {}
        self._last: tuple[float, int, str] | None = None

    def finish(self) -> list[Node]:
        """Nodes that were found finished now."""
        ended = []
        for node in list(self.waiting.values()):
            if record := self.new_record(node):
                self._ended[node.id] = time.monotonic(), _finished(node, record)
                ended.append(self.waiting.pop(node.id))
        return ended

    def running(self) -> list[tuple[Node, Running]]:
        """The jobs of this run that live now."""
        said = running(self.plan.project, self.began)
        return [(self.waiting[name], one) for name, one in said.items() if name in self.waiting]

    @property
    def made(self) -> str:
        """``[3/12]``, of the jobs."""
        return f"{self.total - len(self.waiting)}/{self.total}"

    def share(self) -> float:
        """Share of the predicted work that is done, of jobs under way, too."""
        return self.forecast.share(self._seen())

    def eta(self) -> str:
        """Time left, worked out again every few seconds and whenever a job has ended."""
        now, ended = time.monotonic(), len(self._ended)
        if self._last is None or now - self._last[0] > _AGAIN_S or ended != self._last[1]:
            left_s = self.forecast.left_s(self._seen())
            self._last = now, ended, duration(left_s)
        return self._last[2]

    def _seen(self) -> dict[str, Seen]:
        now = time.monotonic()
        ended = {
            name: replace(seen, ended_ago_s=now - when)
            for name, (when, seen) in self._ended.items()
        }
        return ended | {node.id: _under_way(node, said) for node, said in self.running()}


def _finished(node: Node, record: Record) -> Seen:
    """What a job has shown that ended. A training that was resumed did a part of its updates."""
    done = record.execution
    wall_s = float(done["wall_s"])
    work_s = steps_s(record) if node.kind == "run" and "phases_s" in done else wall_s
    resumed, run = done.get("resumed_from_step"), node.spec.get("run", node.spec)
    share = 1.0 if resumed is None else 1 - int(resumed) / max(int(run["steps"]), 1)
    core_share = 1.0
    if "cpu_s" in done and node.scale not in ACCELERATED:
        waited_s = float(done["phases_s"].get("wait", 0.0))
        core_share = float(done["cpu_s"]) / max(wall_s - waited_s, 1e-3)
    return Seen(wall_s - work_s, work_s, share, core_share=core_share, ended_ago_s=0.0)


def _under_way(node: Node, said: Running) -> Seen:
    """What a job has shown that runs; what it did since it said something is of the same phase."""
    elapsed_s = time.time() - said.began
    work_s = sum(said.seconds.get(name, 0.0) for name in WORK)
    if said.phase in WORK:
        work_s += max(elapsed_s - sum(said.seconds.values()), 0.0)
    core_share = 1.0 if node.scale in ACCELERATED else said.core_share
    return Seen(max(elapsed_s - work_s, 0.0), work_s, said.share, said.whole_s, core_share)


class PlainDisplay(AbstractContextManager["PlainDisplay"]):
    """One line per finished job; every minute one for each that runs, and the time left."""

    def __init__(self, console: Console, clock: Clock) -> None:
        self.console, self.clock = console, clock
        self.last = time.monotonic()

    def update(self) -> None:
        """Print what is new."""
        for node in self.clock.finish():
            self._line(f"[{self.clock.made}] {node.id}{self._left()}")
        if time.monotonic() - self.last > 60:
            self.last = time.monotonic()
            for node, job in self.clock.running():
                self._line(f"  {node.id}: {job.describe()}")
            done = f"{percent(self.clock.share())} of the work is done"
            self._line(f"[{self.clock.made}] {done}{self._left()}")

    def __exit__(self, *error: object) -> None:
        """Lines stay as they are."""

    def _left(self) -> str:
        return f", about {self.clock.eta()} left" if self.clock.waiting else ""

    def _line(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


class LiveDisplay(AbstractContextManager["LiveDisplay"]):
    """An overall bar with the time left, and a bar per job that runs."""

    def __init__(self, console: Console, clock: Clock) -> None:
        what, note = TextColumn("{task.description}"), TextColumn("{task.fields[note]}")
        self.clock, self.progress = clock, Progress(what, BarColumn(), note, console=console)
        self.overall = self.progress.add_task("all jobs", total=1.0, note="")
        self.bars: dict[str, TaskID] = {}

    def __enter__(self) -> "LiveDisplay":
        self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress.stop()

    def update(self) -> None:
        """Move the bars."""
        self.clock.finish()
        note = f"{self.clock.made} jobs, about {self.clock.eta()} left"
        self.progress.update(self.overall, completed=self.clock.share(), note=note)
        running = {node.id: job for node, job in self.clock.running()}
        for name in self.bars.keys() - running.keys():
            self.progress.remove_task(self.bars.pop(name))
        for name, job in running.items():
            if name not in self.bars:
                self.bars[name] = self.progress.add_task(name, total=None, note="")
            self.progress.update(
                self.bars[name], total=job.total, completed=job.done, note=job.describe()
            )

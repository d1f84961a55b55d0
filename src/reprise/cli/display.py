"""What is shown while jobs run: a live panel in a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from reprise.graph.nodes import Node
from reprise.plan.cost import Forecast, UnderWay
from reprise.plan.planning import Plan
from reprise.records.record import Record
from reprise.report.text import duration
from reprise.training.telemetry import progress_file, read_progress

NewRecord = Callable[[Node], Record | None]
"""From a node to its record, once this run has made it."""


class Clock:
    """What is done, and the time that is left."""

    def __init__(self, plan: Plan, todo: list[Node], cores: int) -> None:
        self.plan = plan
        self.waiting = {node.id: node for node in todo}
        self.total = len(todo)
        self.forecast = Forecast(todo, {node.id: plan.cost(node) for node in todo}, cores)
        self.started = time.monotonic()

    def finish(self, new_record: NewRecord) -> list[Node]:
        """Nodes that were found finished now."""
        found = []
        for node in list(self.waiting.values()):
            record = new_record(node)
            if record:
                resumed = record.execution.get("resumed_from_step") is not None
                seconds = None if resumed else float(record.execution["wall_s"])
                self.forecast.taken[node.id] = seconds
                found.append(self.waiting.pop(node.id))
        return found

    def trainings(self) -> list[tuple[Node, dict[str, Any]]]:
        """Waiting runs that have said how far they are."""
        shown = []
        for node in self.waiting.values():
            if node.kind == "run":
                progress = read_progress(progress_file(self.plan.project, node.fingerprint))
                if progress:
                    shown.append((node, progress))
        return shown

    def share(self) -> float:
        """Share of the predicted work that is done, trainings under way included."""
        return self.forecast.share(self._under_way())

    def eta(self) -> str:
        """Time left."""
        elapsed = time.monotonic() - self.started
        return duration(self.forecast.left_s(elapsed, self._under_way()))

    def _under_way(self) -> dict[str, UnderWay]:
        found = {}
        for node, progress in self.trainings():
            steps, rate = max(progress["steps"], 1), progress["steps_per_s"]
            if rate > 0:
                left = max(steps - progress["step"], 0)
                found[node.id] = UnderWay(1 - left / steps, left / rate)
        return found


class Display(Protocol):
    """Shows progress of a plan."""

    def showing(self, plan: Plan, todo: list[Node], cores: int) -> Any:
        """A context in which ``update`` may be called."""

    def update(self, new_record: NewRecord) -> None:
        """Look again at what is done."""


class PlainDisplay:
    """One line per finished job, and one a minute for trainings under way."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.last = time.monotonic()

    @contextmanager
    def showing(self, plan: Plan, todo: list[Node], cores: int) -> Iterator[None]:
        """Keep count from now on."""
        self.clock = Clock(plan, todo, cores)
        yield

    def update(self, new_record: NewRecord) -> None:
        """Print what is new."""
        for node in self.clock.finish(new_record):
            made = self.clock.total - len(self.clock.waiting)
            left = f", about {self.clock.eta()} left" if self.clock.waiting else ""
            self._line(f"[{made}/{self.clock.total}] {node.id}{left}")
        if time.monotonic() - self.last > 60:
            self.last = time.monotonic()
            for node, progress in self.clock.trainings():
                self._line(f"  {node.id}: {describe(progress)}")

    def _line(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


class LiveDisplay:
    """An overall bar with ETA, and a bar per training with step, loss and rate."""

    def __init__(self, console: Console) -> None:
        self.progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
        )
        self.bars: dict[str, TaskID] = {}

    @contextmanager
    def showing(self, plan: Plan, todo: list[Node], cores: int) -> Iterator[None]:
        """Draw until the end of the context."""
        self.clock = Clock(plan, todo, cores)
        self.overall = self.progress.add_task("all jobs", total=1.0, note="")
        with self.progress:
            yield

    def update(self, new_record: NewRecord) -> None:
        """Move the bars."""
        for node in self.clock.finish(new_record):
            if node.id in self.bars:
                self.progress.remove_task(self.bars.pop(node.id))
        made = self.clock.total - len(self.clock.waiting)
        note = f"{made}/{self.clock.total} jobs, about {self.clock.eta()} left"
        self.progress.update(self.overall, completed=self.clock.share(), note=note)
        for node, progress in self.clock.trainings():
            if node.id not in self.bars:
                self.bars[node.id] = self.progress.add_task(
                    node.id, total=progress["steps"], note=""
                )
            bar = self.bars[node.id]
            self.progress.update(bar, completed=progress["step"], note=describe(progress))


def describe(progress: dict[str, Any]) -> str:
    """``step 500/2000, loss 0.012, 310 steps/s``."""
    loss = "–" if progress["loss"] is None else f"{progress['loss']:.3g}"
    position = f"step {progress['step']}/{progress['steps']}"
    return f"{position}, loss {loss}, {progress['steps_per_s']:.0f} steps/s"

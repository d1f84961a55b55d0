"""What is shown while jobs run: a live panel in a terminal, plain lines elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn

from reprise.cli.plan import duration
from reprise.execution.planning import Plan
from reprise.execution.telemetry import progress_file, read_progress
from reprise.graph.nodes import Node

Done = Callable[[Node], bool]


class Clock:
    """Done and remaining work, weighed by estimated cost and corrected by the pace so far."""

    def __init__(self, plan: Plan, todo: list[Node], cores: int) -> None:
        self.plan, self.cores = plan, cores
        self.waiting = {node.id: node for node in todo}
        self.total = len(todo)
        self.cost = {node.id: plan.cost(node).seconds for node in todo}
        self.started = time.monotonic()

    def finish(self, done: Done) -> list[Node]:
        """Nodes that were found finished now."""
        found = [node for node in self.waiting.values() if done(node)]
        for node in found:
            del self.waiting[node.id]
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
        """Share of the estimated work that is done, trainings under way included."""
        whole = sum(self.cost.values()) or 1.0
        left = sum(self.cost[i] for i in self.waiting)
        for node, progress in self.trainings():
            left -= self.cost[node.id] * progress["step"] / max(progress["steps"], 1)
        return 1 - left / whole

    def eta(self) -> str:
        """Time left, by the pace so far once there is one."""
        elapsed, share = time.monotonic() - self.started, self.share()
        planned = sum(self.cost.values()) / self.cores
        whole = elapsed / share if share > 0.05 else planned
        return duration(max(0.0, whole - elapsed))


class Display(Protocol):
    """Shows progress of a plan."""

    def showing(self, plan: Plan, todo: list[Node], cores: int) -> Any:
        """A context in which ``update`` may be called."""

    def update(self, done: Done) -> None:
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

    def update(self, done: Done) -> None:
        """Print what is new."""
        for node in self.clock.finish(done):
            made = self.clock.total - len(self.clock.waiting)
            self._line(f"[{made}/{self.clock.total}] {node.id}, about {self.clock.eta()} left")
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

    def update(self, done: Done) -> None:
        """Move the bars."""
        for node in self.clock.finish(done):
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

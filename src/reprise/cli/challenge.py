"""``reprise challenge TARGET``: make it again in a clean place, compare with what is recorded.

With ``--spot`` only the beginnings of trainings are repeated, of a whole tree where there is no
target.
"""

import time
from collections import Counter
from collections.abc import Collection
from dataclasses import replace
from functools import partial
from pathlib import Path

from rich.console import Console

from reprise.audit.challenge import EXIT, NodeResult, Options, Outcome, Start, Target, challenge
from reprise.audit.compare import environments
from reprise.audit.diff import Status, in_words, worst
from reprise.audit.spot import Spot, runs_of, spot
from reprise.audit.verify import find_tree, recorded_node
from reprise.cli.output import console, dumped, show_line
from reprise.cli.plan import nothing_yet
from reprise.cli.run import run_jobs
from reprise.cli.target import find_target, tree_of
from reprise.graph.nodes import Node
from reprise.jobs.beginning import repeat_all
from reprise.machine import cores as available_cores
from reprise.plan.planning import Plan
from reprise.project import Project, find_project
from reprise.records.tree import take_inventory
from reprise.report.text import plural
from reprise.specs.errors import ConfigError, few
from reprise.training.devices import device_here

_REMOVED = "The clean place is removed; nothing of yours was changed."
_STYLES = {
    Status.IDENTICAL: "green",
    Status.EQUAL: "green",
    Status.NOT_COMPARABLE: "yellow",
    Status.DIFFERS: "bold red",
}
_MOST = 12
_WORDS: dict[Start, str] = {
    "nothing": "made again from nothing, training included",
    "runs": "made again from the trained runs",
    "tables": "made again from the recorded tables",
}


def run_challenge(
    name: str, scale: str | None, folder: Path | None, options: Options, as_json: bool
) -> int:
    """Challenge ``name``, print the outcome (as JSON: progress goes to stderr); the exit code."""
    target = named(find_project(), name, scale, folder)
    _refuse_nothing(target.plan.project, target.tree.folder, target.node.scale)
    screen = Console(stderr=True) if as_json else console()
    show_line(f"Challenge: {target.node.id}, {_WORDS[options.start]}", screen)
    outcome = made_and_compared(target, options, screen)
    if as_json:
        print(dumped({"schema": 1, **outcome.as_json()}))
    else:
        show(outcome, screen)
    return outcome.code


def named(project: Project, name: str, scale: str | None, folder: Path | None) -> Target:
    """The node and the tree that the user means; raises ConfigError."""
    graph, tree, wanted, path = tree_of(project, name, scale, folder)
    nodes = find_target(graph.nodes, wanted, path).nodes
    if len(nodes) > 1:
        raise ConfigError(f"{name} is several jobs: {', '.join(nodes)}; name one of them")
    return Target(Plan(project, graph, {}), tree, graph.nodes[nodes[0]])


def made_and_compared(target: Target, options: Options, screen: Console) -> Outcome:
    """The challenge, with the jobs' progress on ``screen``."""
    graph, own = target.plan.graph, target.node.paper
    papers = [own] if own else [paper.key for paper in graph.papers]
    # With these the engine sees the same node, and as little else as possible.
    chosen = {"scale": graph.config.scale, "papers": papers}
    target = replace(target, plan=replace(target.plan, chosen=chosen))

    def make_again(plan: Plan, node: Node) -> int:
        return run_jobs(plan, [node], options.cores, screen, _REMOVED)

    return challenge(target, options, make_again, lambda: device_here(target.plan.project.root))


def show(outcome: Outcome, console: Console) -> None:
    """Print the outcome: from the target up to the runs, then the environment, last the answer."""
    for node in reversed(outcome.nodes):
        _show_node(node, console)
    for text, count in environments(outcome.nodes).items():
        show_line(f"{text} ({plural(count, 'node')})", console, "dim")
    if outcome.nodes:
        show_line(outcome.options.tolerance.text, console, "dim")
    if outcome.claims:
        show_line("Claims that follow from these tables, as recorded -> as made again:", console)
    for pair in outcome.claims:
        show_line(f"  {pair.paper} {pair.text}", console)
    target, answer = outcome.target.node.id, outcome.answer
    causes = [n.id for n in outcome.nodes if n.decides and n.status is Status.DIFFERS]
    where = f" in {', '.join(causes)}" if answer is Status.DIFFERS and causes != [target] else ""
    words = answer.words if isinstance(answer, Status) else answer
    style = _STYLES[answer] if isinstance(answer, Status) else "bold red"
    show_line(f"{target}: {words}{where}", console, style)
    for reason in few(outcome.reasons, _MOST, "more reasons"):
        show_line(f"  {reason}", console)
    if outcome.commit:
        show_line(f"Check out the commit that made it: {outcome.commit}", console)
    if outcome.kept:
        show_line(f"Kept: {outcome.kept}", console)


def run_spot(
    name: str | None,
    papers: Collection[str],
    scale: str | None,
    folder: Path | None,
    cores: int | None,
    as_json: bool,
) -> int:
    """Repeat the beginnings of the trainings behind ``name`` (None: of a tree); the exit code.

    Raises:
        ConfigError: there is no such tree or target, or nothing of it was trained.
    """
    project, started = find_project(), time.perf_counter()
    scale, tree = find_tree(project, folder, scale)
    _refuse_nothing(project, tree.folder, scale)
    inventory = take_inventory(tree)
    nodes = {i: recorded_node(entry, scale) for i, entry in inventory.entries.items()}
    runs = runs_of(inventory, find_target(nodes, name).nodes if name else nodes, papers)
    screen = Console(stderr=True) if as_json else console()
    workers = min(cores or available_cores(), len(runs))
    show_line(
        f"Challenge: the beginnings of {len(runs)} trainings in {inventory.folder}, "
        f"{workers} at a time",
        screen,
    )
    spots: list[Spot] = []
    for done in spot(runs, scale, partial(repeat_all, root=project.root, workers=workers)):
        spots.append(done)
        _show_spot(done, f"[{len(spots)}/{len(runs)}]", screen)
    code, seconds = EXIT[worst(done.status for done in spots)], time.perf_counter() - started
    if as_json:
        counts = Counter(done.status for done in spots)
        content = {
            "schema": 1,
            "tree": str(inventory.folder),
            "scale": scale,
            "exit_code": code,
            "counts": {status.value: counts[status] for status in Status},
            "seconds": round(seconds, 3),
            "runs": [vars(done) for done in sorted(spots, key=lambda done: done.id)],
        }
        print(dumped(content))
        return code
    words = in_words(done.status for done in spots)
    show_line(f"{len(spots)} trainings: {words}; {seconds:.0f} s", screen, "bold")
    commits = {done.commit for done in spots if done.status is Status.NOT_COMPARABLE} - {None}
    if len(commits) == 1:
        show_line(f"Check out the commit that made the others: {commits.pop()}", screen)
    return code


def _show_spot(done: Spot, where: str, console: Console) -> None:
    """Print one run: the answer, how far it was repeated, and why."""
    after = f" after {plural(done.updates, 'update')}" if done.updates else ""
    line = f"{where:>9} {done.status.words:22}  {done.id}{after}, {done.seconds:.1f} s"
    show_line(line, console, _STYLES[done.status])
    for reason in done.reasons:
        show_line(f"{'':34}{reason}", console, "dim")


def _refuse_nothing(project: Project, folder: Path, scale: str) -> None:
    """Raises ConfigError where the project's own tree is asked for and was never made."""
    if folder == project.path(f"results/{scale}") and not folder.is_dir():
        raise ConfigError(f"{nothing_yet(project, scale)}; --tree challenges another tree")


def _show_node(node: NodeResult, console: Console) -> None:
    words = "taken as it is" if node.taken else node.status.words
    aside = "" if node.decides or node.status is Status.IDENTICAL else "  (does not decide)"
    style = _STYLES[node.status] if node.decides else "dim"
    show_line(f"{words:22}  {node.id}{aside}", console, style)
    for note in (*node.altered, *node.notes):
        show_line(f"{'':24}{note}", console)
    for name, difference in node.files.items():
        if difference.text and not node.taken:
            show_line(f"{'':24}{name}: {difference.text}", console, "dim")
        for cell in difference.places:
            show_line(f"{'':26}{cell.text}", console, "dim")
    for pair in node.verdicts:
        show_line(f"{'':24}{pair.text}", console)

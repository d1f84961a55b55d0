"""``reprise challenge TARGET``: make it again in a clean place, compare with what is recorded."""

from pathlib import Path
from typing import Any

from rich.console import Console

from reprise.audit.challenge import NodeResult, Options, Outcome, Target, challenge
from reprise.audit.diff import Status, environments
from reprise.audit.verify import open_tree
from reprise.cli.output import console, dumped, show_line
from reprise.cli.run import run_jobs
from reprise.cli.target import find_target as find_named
from reprise.cli.target import papers_of, place_of
from reprise.graph.nodes import Node
from reprise.plan.planning import Plan
from reprise.project import Project, find_project
from reprise.specs.errors import ConfigError
from reprise.training.devices import device_here

_REMOVED = "The clean place is removed; nothing of yours was changed."
_STYLES = {
    Status.IDENTICAL: "green",
    Status.EQUAL: "green",
    Status.NOT_COMPARABLE: "yellow",
    Status.DIFFERS: "bold red",
}
_MOST = 12


def run_challenge(
    name: str, scale: str | None, folder: Path | None, options: Options, as_json: bool
) -> int:
    """Challenge ``name``, print the outcome (as JSON: progress goes to stderr); the exit code.

    Raises:
        ConfigError: there is no such target or tree.
    """
    target = find_target(find_project(), name, scale, folder)
    screen = Console(stderr=True) if as_json else console()
    words = "trained again" if options.start == "nothing" else "from the trained runs"
    show_line(f"Challenge of {target.node.id}, {words}", screen)
    outcome = made_and_compared(target, options, screen)
    if as_json:
        print(dumped({"schema": 1, **outcome.as_json()}))
    else:
        show(outcome, screen)
    return outcome.code


def find_target(project: Project, name: str, scale: str | None, folder: Path | None) -> Target:
    """The node and the tree that the user means.

    A path names the tree, too. The scale is the one given, or that of
    the path, of the tree's records, of the config.

    Raises:
        ConfigError: there is none; names the nearest.
    """
    place = place_of(project, name)
    wanted = place.rest if place else name
    chosen: dict[str, Any] = {"papers": papers_of(wanted)}
    if scale := scale or (place.scale if place else None):
        chosen["scale"] = scale
    graph, tree = open_tree(project, folder or (place.folder if place else None), chosen)
    named = find_named(graph.nodes, wanted, path=place is not None)
    if len(named.nodes) > 1:
        raise ConfigError(f"{name} is several jobs: {', '.join(named.nodes)}; say one of them")
    return Target(Plan(project, graph, {}), tree, graph.nodes[named.nodes[0]])


def made_and_compared(target: Target, options: Options, screen: Console) -> Outcome:
    """The challenge, with the jobs' progress on ``screen``."""
    graph, project = target.plan.graph, target.plan.project
    papers = [target.node.paper] if target.node.paper else [paper.key for paper in graph.papers]
    # With these the engine sees the same node, and as little else as possible.
    overlay = {"scale": graph.config.scale, "papers": papers}

    def make_again(plan: Plan, node: Node) -> int:
        return run_jobs(plan, overlay, [node], options.cores, screen, _REMOVED)

    return challenge(target, options, make_again, lambda: device_here(project.root))


def show(outcome: Outcome, console: Console) -> None:
    """Print the outcome: from the target up to the runs, then the environment."""
    for node in reversed(outcome.nodes):
        _show_node(node, console)
    for text, count in environments(outcome.nodes).items():
        show_line(f"{text} ({count} {'node' if count == 1 else 'nodes'})", console, "dim")
    target, answer = outcome.target.node.id, outcome.answer
    causes = [n.id for n in outcome.nodes if n.decides and n.status is Status.DIFFERS]
    where = f" in {', '.join(causes)}" if causes and causes != [target] else ""
    words = answer.words if isinstance(answer, Status) else answer
    style = _STYLES[answer] if isinstance(answer, Status) else "bold red"
    show_line(f"{target}: {words}{where}", console, style)
    for reason in outcome.reasons[:_MOST]:
        show_line(f"  {reason}", console)
    if len(outcome.reasons) > _MOST:
        show_line(f"  and {len(outcome.reasons) - _MOST} more reasons", console)
    if outcome.commit:
        show_line(f"Recorded commit to check out: {outcome.commit}", console)
    if outcome.nodes:
        show_line(outcome.options.tolerance.text, console, "dim")
    if outcome.kept:
        show_line(f"Kept: {outcome.kept}", console)


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

"""``reprise challenge TARGET``: make it again in a clean place, compare with what is recorded."""

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from rich.console import Console

from reprise.cli.output import console
from reprise.cli.run import run_jobs
from reprise.cli.trace import find
from reprise.execution.answers import NodeAnswer, answers, overall
from reprise.execution.challenge import (
    CleanPlan,
    clean_plan,
    clean_project,
    device_here,
    take_trained,
)
from reprise.execution.lineage import Recorded, lineage, obstacles, recorded_commit
from reprise.graph.build import build
from reprise.graph.nodes import Node
from reprise.plan.planning import Plan
from reprise.project import Project, find_project
from reprise.provenance.comparison import Tolerance
from reprise.provenance.inventory import take_inventory
from reprise.provenance.trees import Tree
from reprise.specs.load import load_config

EXIT = {"identical": 0, "equal": 0, "not comparable": 3, "differs": 4}
_REMOVED = "The clean place is removed; nothing of yours was changed."


@dataclass(frozen=True)
class Options:
    """What the user chose."""

    start: Literal["nothing", "runs"] = "nothing"
    """What may be taken as given."""
    relative: float | None = None
    cores: int | None = None
    keep: bool = False

    @cached_property
    def tolerance(self) -> Tolerance:
        """When numbers are equal; raises ConfigError."""
        return Tolerance.of(self.relative)


@dataclass(frozen=True)
class Question:
    """What is challenged: a node of today's graph, and the tree that records it."""

    plan: Plan
    tree: Tree
    node: Node

    @property
    def overlay(self) -> dict[str, Any]:
        """The choices with which the engine sees the same node, and as little else as possible."""
        config = self.plan.graph.config
        papers = [self.node.paper] if self.node.paper else [p.key for p in self.plan.graph.papers]
        return {"scale": config.scale, "papers": papers}


@dataclass
class Outcome:
    """The answer."""

    question: Question
    options: Options
    answer: str
    code: int
    reasons: tuple[str, ...] = ()
    """Why it is not comparable."""
    commit: str | None = None
    """What to check out, to have it comparable."""
    nodes: list[NodeAnswer] = field(default_factory=list)
    kept: str | None = None
    """The clean place, where it was kept."""


def run_challenge(
    target: str, scale: str | None, folder: Path | None, options: Options, as_json: bool
) -> int:
    """Challenge ``target``, print the answer (as JSON: progress goes to stderr); the exit code."""
    from reprise.cli.answers import outcome_json, show

    Tolerance.of(options.relative)
    question = ask(find_project(), target, scale, folder)
    screen = Console(stderr=True) if as_json else console()
    words = "trained again" if options.start == "nothing" else "from the trained runs"
    screen.print(f"Challenge of {question.node.id}, {words}", highlight=False, soft_wrap=True)
    outcome = challenge(question, options, screen)
    if as_json:
        print(outcome_json(outcome))
    else:
        show(outcome, screen)
    return outcome.code


def ask(project: Project, target: str, scale: str | None, folder: Path | None) -> Question:
    """The node and the tree that the user means; raises ConfigError with the nearest.

    A path below ``results/published`` names the tree, too. The scale is the one asked for, or that
    of the path, of the tree's records, of the config.
    """
    parts = PurePosixPath(target.removeprefix(f"{project.root}/")).parts
    if parts[:2] == ("results", "published") and len(parts) > 3:
        folder = folder or project.path("/".join(parts[:3]))
        parts = ("results", *parts[2:])
        target = "/".join(parts)
    if folder is not None:
        named = take_inventory(folder).scales.most_common(1)
        scale = scale or (named[0][0] if named else None)
    elif parts[:1] == ("results",) and len(parts) > 2:
        scale = scale or parts[1]
    chosen: dict[str, Any] = {"scale": scale} if scale else {}
    if target != "report" and len(parts) != 3:
        chosen["papers"] = "all"
    graph = build(load_config(project.config, chosen))
    plan = Plan(project, graph, {})
    own = Tree.own(project.root, graph.config.scale)
    return Question(plan, Tree(folder) if folder else own, find(plan, target))


def challenge(question: Question, options: Options, screen: Console) -> Outcome:
    """Compare, make again, compare; removes what it made unless that differs or is to be kept."""
    recorded = lineage(question.plan.graph, question.tree, question.node)
    reasons = obstacles(recorded, None)
    trained = any(entry.node.kind == "run" for entry in recorded.values())
    if not reasons and trained and options.start == "nothing":
        reasons = obstacles(recorded, device_here(question.plan.project))
    if reasons:
        return _not_comparable(question, options, reasons, recorded)
    clean = clean_project(question.plan.project, question.node)
    outcome = Outcome(question, options, "failed", 1)
    try:
        taken = options.start == "runs"
        problems = take_trained(question.plan.project, clean, recorded) if taken else ()
        if problems:
            outcome = _not_comparable(question, options, problems, {})
        else:
            plan = clean_plan(clean, question.plan.graph, recorded)
            _make_and_compare(outcome, plan, recorded, screen)
    finally:
        if options.keep or outcome.answer == "differs" or outcome.code == 1:
            outcome.kept = str(clean.root)
        else:
            shutil.rmtree(clean.root, ignore_errors=True)
    return outcome


def _make_and_compare(
    outcome: Outcome, plan: CleanPlan, recorded: Mapping[str, Recorded], screen: Console
) -> None:
    question, options = outcome.question, outcome.options
    code = run_jobs(plan, question.overlay, [question.node], options.cores, screen, _REMOVED)
    if code:
        outcome.code = code
        outcome.answer = "failed" if code == 1 else "stopped"
        return
    made = Tree.own(plan.project.root, question.plan.graph.config.scale)
    given = [name for name, entry in recorded.items() if plan.states[name].valid and entry.record]
    outcome.nodes = answers(recorded, made, question.node, given, options.tolerance)
    outcome.answer = overall(outcome.nodes)
    outcome.code = EXIT[outcome.answer]


def _not_comparable(
    question: Question,
    options: Options,
    reasons: tuple[str, ...],
    recorded: Mapping[str, Recorded],
) -> Outcome:
    entry = recorded.get(question.node.id)
    commit = recorded_commit(entry) if entry else None
    return Outcome(question, options, "not comparable", EXIT["not comparable"], reasons, commit)

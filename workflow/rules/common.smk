"""What the rules ask of the graph: which node makes a path, from what, and whether it has to be redone.

Snakemake decides order, resources and where a job runs; what a node contains and whether it is
still valid is decided by content, in reprise.graph and reprise.records.
"""

import os
import sys
from pathlib import Path

from reprise.jobs.node_file import FOLDER, node_file
from reprise.plan.planning import SAVED, open_plan, plan_of_job, saved_plan
from reprise.specs.errors import ConfigError


include: "storage.smk"


def _open_plan():
    root = Path(workflow.basedir)
    try:
        if workflow.is_main_process and SAVED in os.environ and not STORED:
            # `reprise run` has built, judged and written it all a moment ago.
            return saved_plan(root, Path(os.environ[SAVED]))
        if workflow.is_main_process:
            plan = open_plan(root, config, _stored_tree if STORED else None)
        else:
            # A job that runs elsewhere: what has to be made was decided where it was submitted.
            plan = plan_of_job(root, config)
            if (root / FOLDER).is_dir():
                return plan
    except ConfigError as error:
        print(error, file=sys.stderr)
        sys.exit(2)
    plan.write_files()
    return plan


# The jobs find `reprise` where this Python is, whether or not its environment is activated.
os.environ.update(PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.getenv('PATH', os.defpath)}")

PLAN = _open_plan()
SCALE = PLAN.graph.config.scale
TARGETS = PLAN.targets()


wildcard_constraints:
    paper=r"[a-z0-9_-]+",
    name=r"[A-Za-z0-9_-]+",
    job=r"\d+",
    mark=r"[0-9a-f]+",


def _node(kind, wildcards):
    """The node that a rule's wildcards stand for."""
    name = getattr(wildcards, "name", "verdicts" if kind == "verdict" else "report")
    paper = getattr(wildcards, "paper", "")
    number = getattr(wildcards, "job", None)
    return PLAN.node(kind, paper, name if number is None else f"{name}/{number}")


def _node_file(kind):
    """An input function: the file that describes the node."""

    def path(wildcards):
        return _here(node_file(_node(kind, wildcards)))

    return path


def _parents(kind):
    """An input function: outputs and records of the nodes that it is made from.

    Their dates count for nothing: ancient where the node stands, else the trigger decides anyway.
    """

    def paths(wildcards):
        node = _node(kind, wildcards)
        read = PLAN.graph.parents(node)
        if STORED and kind == "report":
            # It shows the lineage of every figure; where nothing is stored, all of it lies here.
            read = PLAN.graph.ancestors([node.id])[:-1]
        found = [path for parent in read for path in (*parent.outputs, parent.record)]
        return found if PLAN.redo(node) else list(map(ancient, found))

    return paths


def _redo(kind):
    """An input function: a trigger newer than any output, if the node has to be made."""

    def triggers(wildcards):
        return list(map(_here, PLAN.redo(_node(kind, wildcards))))

    return triggers


def _batch(kind):
    """A group function: short jobs share a submission where the profile says how many.

    Only those that wait for nothing: a batch must not wait for a job that waits for the batch.
    """

    def group(wildcards):
        if kind not in workflow.group_settings.group_components:
            return None
        node = _node(kind, wildcards)
        return kind if PLAN.short(node) and not node.inputs else None

    return group


def _memory_mb(kind):
    """A resource function: megabytes by earlier records, generously; more after a failure."""

    def memory(wildcards, attempt):
        return attempt * PLAN.memory_mb(_node(kind, wildcards))

    return memory


def _runtime_min(kind):
    """A resource function: minutes by earlier records, generously; more after a failure."""

    def runtime(wildcards, attempt):
        return attempt * PLAN.runtime_min(_node(kind, wildcards))

    return runtime


def _threads(kind):
    """A resource function: cores, as many as the spec asks for."""

    def threads(wildcards):
        return PLAN.threads(_node(kind, wildcards))

    return threads


def _gpus(kind):
    """A resource function: one GPU for a job that is made for one, none for others."""

    def gpus(wildcards):
        return PLAN.gpus(_node(kind, wildcards))

    return gpus

"""What the rules ask of the plan: what a node is made from, and whether it has to be made again.

Snakemake decides order, resources and where a job runs; what a node contains and whether it is
still valid is decided by content, in reprise.records.
"""

import os
import sys
from pathlib import Path

from reprise.jobs.job_files import FOLDER, node_file
from reprise.plan.planning import SAVED, open_plan, plan_of_job, saved_plan
from reprise.project import find_project
from reprise.specs.errors import ConfigError
from reprise.specs.load import papers_folder
from reprise.surroundings import enter, ignored, of_engine


include: "options.smk"
include: "storage.smk"


# The jobs find `reprise` where this Python is, whether or not its environment is activated.
TOOLS = f"{Path(sys.executable).parent}{os.pathsep}{os.getenv('PATH', os.defpath)}"
if workflow.is_main_process and (in_vain := ignored()):
    print(in_vain, file=sys.stderr)
enter({**of_engine(), "PATH": TOOLS})


def open_the_plan():
    root = find_project(Path(workflow.basedir)).root
    if not workflow.is_main_process:
        # A job that runs elsewhere: what has to be made was decided where it was submitted.
        plan = plan_of_job(root, config)
        if (root / FOLDER).is_dir():
            return plan
    elif SAVED in os.environ and not STORED:
        # `reprise run` has built, judged and written it all a moment ago.
        return saved_plan(root, Path(os.environ[SAVED]))
    else:
        plan = open_plan(root, config, stored_tree if STORED else None)
    plan.write_files()
    return plan


try:
    PLAN = open_the_plan()
except ConfigError as error:
    print(error, file=sys.stderr)
    sys.exit(2)

SCALE = PLAN.graph.config.scale
TARGETS = PLAN.targets()
PAPERS = os.path.relpath(papers_folder())


wildcard_constraints:
    paper=r"(?!reports?/)[a-z0-9_-]+",
    name=r"[A-Za-z0-9_-]+",
    job=r"\d+",
    mark=r"[0-9a-f]+",


class Nodes:
    """The nodes of one kind: what their rule asks of each, by its wildcards."""

    def __init__(self, kind):
        self.kind = kind

    def node(self, wildcards):
        """The node that the wildcards stand for."""
        name = getattr(wildcards, "name", "verdicts" if self.kind == "verdict" else "report")
        number = getattr(wildcards, "job", None)
        whole = name if number is None else f"{name}/{number}"
        return PLAN.node(self.kind, getattr(wildcards, "paper", ""), whole)

    def made_from(self, kind):
        """Outputs and records of the nodes of ``kind`` that the node reads."""

        def paths(wildcards):
            node = self.node(wildcards)
            return undated(node, (p for p in PLAN.graph.parents(node) if p.kind == kind))

        return paths

    def lineage(self, wildcards):
        """What the parents are made from, where it does not lie here anyway."""
        node = self.node(wildcards)
        before = PLAN.graph.ancestors([node.id]) if STORED else []
        return undated(node, (n for n in before if n.id not in (node.id, *node.inputs)))

    def own_files(self, wildcards):
        """Files of the user that a dataset reads."""
        given = self.node(wildcards).spec.get("sources", {}).values()
        return [ancient(here(path)) for path in given if path]

    def reference(self, wildcards):
        """Published numbers that a table shows beside ours."""
        folder = f"{PAPERS}/{wildcards.paper}/reference"
        names = self.node(wildcards).spec.get("reference", [])
        return [ancient(here(f"{folder}/{name}")) for name in names]

    def claims(self, wildcards):
        """What the paper claims, with criteria."""
        return ancient(here(f"{PAPERS}/{wildcards.paper}/claims.yaml"))

    def description(self, wildcards):
        """The file that tells the job what to make."""
        return ancient(here(node_file(self.node(wildcards))))

    def why_again(self, wildcards):
        """A file newer than any output, named for the reason, if the node has to be made."""
        node = self.node(wildcards)
        redo = PLAN.redo(node)
        if workflow.is_main_process:
            check_options(node, finished=not redo)
        return list(map(here, redo))

    def batch(self, wildcards):
        """The group of a short job, where the profile says how many share a submission.

        Only of those that wait for nothing: a batch must not wait for a job that waits for it.
        """
        if self.kind not in workflow.group_settings.group_components:
            return None
        node = self.node(wildcards)
        return self.kind if PLAN.short(node) and not node.inputs else None

    def memory_mb(self, wildcards, attempt):
        """Megabytes by earlier records, generously; more after a failure."""
        return attempt * PLAN.memory_mb(self.node(wildcards))

    def runtime_min(self, wildcards, attempt):
        """Minutes by earlier records, generously; more after a failure."""
        return attempt * PLAN.runtime_min(self.node(wildcards))

    def threads(self, wildcards):
        """Cores, as many as the spec asks for."""
        return PLAN.threads(self.node(wildcards))

    def gpus(self, wildcards):
        """One GPU for a job that is made for one, none for others."""
        return PLAN.gpus(self.node(wildcards))


def undated(node, parents):
    """Outputs and records of ``parents``, whose dates count for nothing.

    They are ancient where ``node`` stands; else the file that has it made again decides anyway.
    """
    paths = [path for parent in parents for path in (*parent.outputs, parent.record)]
    return paths if PLAN.redo(node) else list(map(ancient, paths))

"""``reprise publish``: the committed copy of results, and the generated parts of the READMEs."""

import shutil
import sys

from reprise.execution.planning import Plan
from reprise.execution.readmes import readmes
from reprise.graph.nodes import Node
from reprise.provenance.state import exit_code
from reprise.storage.atomic import write_text


def publish_results(plan: Plan) -> int:
    """Copy what is committed to ``results/published/<scale>`` and renew the READMEs; the exit code.

    Checkpoints and metrics of runs stay behind; their digests are in the records that travel.
    """
    code = exit_code(plan.states.values())
    if code:
        print("not published: some results are not current (see 'reprise status')", file=sys.stderr)
        return code
    target = plan.project.path(f"results/published/{plan.graph.config.scale}")
    for paper in plan.graph.papers:
        shutil.rmtree(target / paper.key, ignore_errors=True)
    for node in plan.graph.nodes.values():
        for path in (*_committed(node), node.record):
            copy = plan.project.path(path.replace("results/", "results/published/", 1))
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(plan.project.path(path), copy)
    for page, text in readmes(plan.project, plan.graph.papers, plan.graph.config.scale).items():
        write_text(page, text)
    print(f"published {len(plan.graph.nodes)} nodes to {target.relative_to(plan.project.root)}")
    return 0


def _committed(node: Node) -> tuple[str, ...]:
    return () if node.kind in ("run", "dataset") else node.outputs

"""The seeded initialisation of a run, computed again from its spec alone."""

from pathlib import Path

import numpy as np

from reprise.execution.device import configure
from reprise.graph.nodes import Node
from reprise.provenance.checkpoints import member_digest


def initial_digests(node: Node, cache: Path) -> list[str]:
    """Digest of each member's parameters before the first update of the run ``node``."""
    job = node.training_job
    configure(cache, job.run.dtype, job.run.threads)
    from reprise.training.program import Program

    program = Program(job)
    params = {name: np.asarray(x) for name, x in program.params(program.init()).items()}
    return [member_digest(params, member) for member in range(len(job.members))]

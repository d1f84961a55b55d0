from dataclasses import replace
from pathlib import Path

import pytest
from audited import foreign
from small_world import World

from reprise.records.tree import Tree
from reprise.storage.atomic import write_text


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A folder in which everything of a small graph is made."""
    return World(tmp_path).make_all()


@pytest.fixture
def tree(world: World, tmp_path: Path) -> Tree:
    """A copy of it, as a publication is."""
    return foreign(world, tmp_path / "copy")


@pytest.fixture
def project(tmp_path: Path) -> World:
    """The same in a project with a workflow, a paper's files and reference data of the table."""
    files = {
        "Snakefile": "include: 'workflow/rules/run.smk'\n",
        "config.yaml": "scale: cpu\n",
        "environment.yml": "name: demo\n",
        "requirements/lock.txt": "snakemake==9.27.1 \\\n    --hash=sha256:00\n",
        "workflow/rules/run.smk": "rule run:\n",
        "src/papers/demo/paper.yaml": "key: demo\n",
        "src/papers/demo/claims.yaml": "claims: {}\n",
        "src/papers/demo/reference/points.csv": "x,y\n0,1\n",
    }
    digests = {path: write_text(tmp_path / path, text) for path, text in files.items()}
    made = World(tmp_path)
    read = {"papers/demo/reference/points.csv": digests[list(files)[-1]]}
    table = replace(made.node("table"), files=read)
    made.graph.nodes[table.id] = table
    return made.make_all()

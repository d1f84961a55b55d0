"""The committed results: they are what their release made. Being of today's code is not asked."""

from pathlib import Path

import pytest

from reprise.audit.derived import JUDGED_OTHERWISE
from reprise.audit.verify import audit
from reprise.graph.build import Graph
from reprise.records.tree import Tree, read_release
from reprise.specs.load import Config, load_papers

FOLDER = Path(__file__).resolve().parents[3] / "results" / "published"
SCALES = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@pytest.mark.parametrize("scale", SCALES)
def test_every_file_is_the_one_that_its_record_and_the_lock_say(scale: str) -> None:
    """An empty graph: what the code at hand would make is left out of it.

    Verdicts that today's rules give otherwise are no fault of the release.
    """
    found = audit(Graph(Config(scale=scale)), Tree(FOLDER / scale))
    for state in found.faults.values():
        assert state.name == "behind" or state.reasons[0] == JUDGED_OTHERWISE, state
    assert found.unclaimed == ()
    assert found.release == read_release(Tree(FOLDER / scale)) is not None
    kinds = {n.kind for n in found.judged.nodes.values()}
    assert {"table", "figure", "verdict"} <= kinds
    assert ("report" in kinds) == all(
        (FOLDER / scale / paper.key).is_dir() for paper in load_papers(Config())
    )


@pytest.mark.parametrize("scale", SCALES)
def test_no_checkpoint_is_committed(scale: str) -> None:
    assert not list((FOLDER / scale).rglob("*.safetensors"))

"""A claim that waits for a larger scale is judged there from other results."""

import pytest

from reprise.graph.build import Graph, build
from reprise.specs.load import Config, load_claims, load_paper, paper_keys
from reprise.specs.paper import SCALES


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    return {scale: build(Config(scale=scale)) for scale in SCALES}


def made_from(graph: Graph, name: str) -> set[str]:
    """Fingerprints of the node and of all that it is made from."""
    found, queue = set[str](), [name]
    while queue:
        node = graph.nodes[queue.pop()]
        found.add(node.fingerprint)
        queue += node.inputs
    return found


@pytest.mark.parametrize("key", paper_keys())
def test_what_waits_for_a_larger_scale_is_made_otherwise_there(
    graphs: dict[str, Graph], key: str
) -> None:
    for name, claim in load_claims(load_paper(key, Config(scale="cpu"))).claims.items():
        made = {s: made_from(graphs[s], f"{key}/table/{claim.criterion.table}") for s in SCALES}
        waits = [made[scale] for scale in SCALES if scale not in claim.scales]
        assert not any(made[scale] in waits for scale in claim.scales), name

"""A claim that waits for a larger scale is judged there from other results."""

import pytest

from reprise.graph.build import Graph, build
from reprise.specs.load import Config, paper_keys
from reprise.specs.paper import SCALES


@pytest.fixture(scope="module")
def graphs() -> dict[str, Graph]:
    return {scale: build(Config(scale=scale)) for scale in SCALES}


@pytest.mark.parametrize("key", paper_keys())
def test_what_waits_for_a_larger_scale_is_made_otherwise_there(
    graphs: dict[str, Graph], key: str
) -> None:
    for name, claim in graphs["cpu"].claims[key].claims.items():
        table = f"{key}/table/{claim.criterion.table}"
        made = {s: {node.fingerprint for node in graphs[s].ancestors([table])} for s in SCALES}
        waits = [made[scale] for scale in SCALES if scale not in claim.scales]
        assert not any(made[scale] in waits for scale in claim.scales), name

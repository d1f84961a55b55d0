"""Tables and the figure of the paper's algebra."""

import numpy as np

from papers.dai2022.figures import theory as figures
from papers.dai2022.tables import theory
from reprise.plotting import theme
from reprise.results import Inputs


def test_identities_hold_to_rounding() -> None:
    table = theory.identities(Inputs(params={"sizes": [4, 32], "draws": 2, "seed": 0}))
    assert len(table) == 2 * 2 * table["identity"].nunique()
    for dtype, limit in {"float64": 1e-14, "float32": 1e-5}.items():
        assert table.loc[table["dtype"] == dtype, "relative"].max() < limit
    assert table.loc[table["dtype"] == "float32", "relative"].min() > 1e-9


def test_relaxing_turns_the_update_away_and_normalising_makes_updates_alike() -> None:
    params = {"scales": [0.5, 1.0], "demonstrations": [64], "own": 64, "width": 128}
    relaxation = theory.relaxation(Inputs(params=params | {"queries": 64, "seed": 0}))
    np.testing.assert_allclose(relaxation["cosine"], relaxation["expected"], atol=0.05)
    assert (relaxation["high"] < 0.8).all()
    params = {"sizes": [0.3, 3.0], "width": 1024, "queries": 64, "seed": 0}
    bias = theory.bias(Inputs(params=params))
    np.testing.assert_allclose(bias["simaou"], bias["closed_form"], atol=0.01)
    np.testing.assert_allclose(bias["unnormalised"], 0, atol=0.02)
    tables = {
        "theory_identities": theory.identities(
            Inputs(params={"sizes": [4], "draws": 1, "seed": 0})
        ),
        "theory_relaxation": relaxation,
        "theory_bias": bias,
    }
    with theme.apply():
        drawn = figures.theory(tables)
    assert len(drawn.axes) == 3

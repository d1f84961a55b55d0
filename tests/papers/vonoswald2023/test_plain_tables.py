"""Probes of past tokens, attention and sensitivity: tables of made-up streams, and all figures."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parent))

import plain_runs

from papers.vonoswald2023.figures.token_probes import FLOOR, token_lines
from papers.vonoswald2023.tables import (
    attention,
    plain_probe_summary,
    sensitivity,
    token_probes,
    token_summary,
)
from reprise.plotting import theme
from reprise.results import Inputs

RUNS = {"softmax7", "partial_softmax_narrow", "nonlinear_softmax"}
"""Runs that tables are made from; the others are as if they had failed."""
OURS = (
    "plain_summary",
    "plain_probe",
    "token_probes",
    "attention",
    "sensitivity",
    "probes",
    "published",
    "token_summary",
)

SLOW = {
    "partial_losses": {"softmax7": "partial_softmax", "control7_lagged": "control_linear_lagged"}
}
"""Tables that others stand in for; what they are made from is tested by itself."""


@pytest.fixture(scope="module")
def tables():
    """Every table of these figures, from some networks at their start."""
    entries = {name: spec.entry.split(":")[0] for name, spec in plain_runs.PAPER.tables.items()}
    systems = ("fully", "softmax", "partial", "nonlinear", "width", "feature", "token", "attention")
    names = [
        name
        for name, entry in entries.items()
        if entry.rpartition(".")[2].startswith(OURS)
        and name.startswith((*systems, "plain", "sensitivity"))
        and name not in SLOW
    ]
    found = plain_runs.made(names, RUNS)
    stands_in = found["fully_losses"].replace({"model": SLOW["partial_losses"]})
    return found | {"partial_losses": stands_in}


def test_a_stream_of_two_tokens_holds_two_tokens():
    s = np.random.default_rng(0).normal(size=(600, 12, 3))
    stream = np.concatenate([s[:, -1:] + s[:, -2:-1], s[:, -1:]], axis=2)
    table_of = token_probes.errors(stream, s, 100)
    found = table_of.set_index("back")
    np.testing.assert_allclose(found["mse"][:2], 0, atol=1e-20)
    np.testing.assert_allclose(found["held_out"][2:], found["variance"][2:], rtol=0.15)
    # Six maps of six numbers each explain 6 / 100 of what they are fitted to.
    np.testing.assert_allclose(found["mse"][2:], 0.94 * found["variance"][2:], rtol=0.05)
    assert list(found["t"]) == list(range(12, 4, -1))


def tokens(mse, **more):
    """A table of one run with these errors by steps back."""
    rows = pd.DataFrame({"model": "net", "seed": 0, "width": 4, "layer": 1, "mse": mse})
    return rows.assign(back=range(len(mse)), held_out=rows["mse"], variance=1.25, **more)


def test_a_token_is_held_below_a_share_of_its_variance():
    table = tokens([0.0, 0.02, 0.099, 0.101, 0.7])
    found = token_summary.observations(Inputs(tables={"one": table}))
    value = found.set_index(["model", "sample", "quantity"])["value"]["net", "held_out"]
    assert value["horizon"] == 3
    assert value["share_newest_four"] == pytest.approx(0.101 / 1.25)
    assert value["mse_back_1"] == 0.02


@pytest.mark.parametrize(
    ("horizons", "fall"), [((1, 2, 4), 0), ((2, 1, 4), 1), ((3, 2, 0), 2), ((5,), 0)]
)
def test_horizons_by_width(horizons, fall):
    found = token_summary.by_width(pd.Series(horizons, index=[2, 8, 24][: len(horizons)]))
    assert found["horizon_fall"] == fall
    assert (found["horizon_narrowest"], found["horizon_widest"]) == (horizons[0], horizons[-1])


def test_widths_of_a_kind_are_of_both_its_runs():
    wide, narrow = tokens([0, 0, 1], model="x"), tokens([0, 1, 1], model="x_narrow")
    table = pd.concat([wide.assign(width=8), narrow.assign(width=2)])
    table_of = token_summary.widths(Inputs(tables={"one": table}))
    found = table_of.set_index(["model", "sample", "quantity"])["value"]["x", "held_out"]
    assert found["horizon_narrowest"] == 1
    assert found["horizon_widest"] == 2


def test_features_fade_from_the_first_layer():
    # The authors' stored errors of the newest, one back and long ago, by layer from the input on.
    newest = [11.7, 0.042, 0.28, 1.10, 1.70, 2.08, 2.50, 9]
    before = [21.5, 0.065, 0.59, 1.28, 1.68, 2.24, 2.60, 0]
    errors = pd.DataFrame({0: newest, 1: before, 3: [18.7, *[4.3] * 7], 4: [18.7, *[4.3] * 7]})
    found = token_summary.by_layer(errors)
    assert found["newest_over_old"] == pytest.approx(0.065 / 4.3)
    assert found["input_over_first"] == pytest.approx(11.7 / 0.042)
    assert found["newest_ratio"] == pytest.approx(2.60 / 2.24)


def test_probes_of_the_authors_meet_their_bounds():
    stored = pd.concat(plain_runs.reference(f"fig6{panel}.csv") for panel in "ab")
    stored = stored[stored["t"] == 20].pivot_table(
        index="layer", columns=["probe", "t"], values="in_sample"
    )
    early = pd.DataFrame(dict.fromkeys(range(1, 20), 9.0 ** -stored.index.to_series()))
    target = early.assign(**{"20": stored["target", 20]}).rename(columns={"20": 20})
    found = plain_probe_summary.target(target, 20, 20)
    assert found["target_fall"] == pytest.approx(1.607 / 0.0205)
    assert found["target_ratio"] == found["target_ratio_at"] == pytest.approx(1.362 / 1.607)
    assert plain_probe_summary.target(target, 5, 20)["target_ratio"] == found["target_ratio"]
    found = plain_probe_summary.preconditioned(stored["preconditioned", 20].to_numpy())
    assert found["preconditioned_fall"] == pytest.approx(0.0599 / 0.0213)
    assert found["preconditioned_late"] == pytest.approx(0.0218 / 0.0213)
    assert found["preconditioned_least"] == pytest.approx(0.0213 / 0.0599)
    assert found["preconditioned_ratio"] < 1


def test_masses_of_the_authors_bind_tokens():
    stored = plain_runs.reference("fig14.csv")
    wide = stored.pivot_table(index=["model", "head"], columns="quantity", values="value")
    spread = dict.fromkeys(attention.DEVIATIONS, 0.02)
    table = wide.reset_index().assign(seed=0, **spread)
    table_of = attention.attention_summary(Inputs(tables={"one": table}))
    found = table_of.set_index(["model", "quantity"])["value"]
    assert found["softmax7", "binding_share"] == 1
    assert found["hybrid", "previous_most"] == 0.6
    assert found["softmax7", "between_sequences"] < 0.01


def test_attention_that_is_the_same_everywhere_is_of_the_sequence_alone():
    even = dict.fromkeys(attention.PLACES, 0.02) | dict.fromkeys(attention.DEVIATIONS, 0.001)
    table = pd.DataFrame([{"model": "untrained", "seed": 0, "head": 1} | even])
    found = attention.attention_summary(Inputs(tables={"one": table})).set_index("quantity")
    assert found["value"]["between_sequences"] == 1


def test_sensitivity_is_read_at_the_last_step():
    late = pd.DataFrame(
        {
            "model": "a",
            "seed": 0,
            "step": 10,
            "back": range(7),
            "sensitivity": [4.0, 2, 1, 1, 1, 0, 0],
        }
    )
    table = pd.concat([late, late.assign(step=0, sensitivity=1.0)])
    table_of = sensitivity.sensitivity_summary(Inputs(tables={"one": table}))
    found = table_of.set_index("quantity")["value"]
    assert found["previous_over_current"] == 0.5
    assert found["three_over_previous"] == 0.5
    assert found["three_over_current"] == 0.25
    assert found["five_over_current"] == 0


def test_tables_hold_plain_columns(tables):
    for name, table in tables.items():
        assert table.index.equals(pd.RangeIndex(len(table))), name
    empty = {name for name, table in tables.items() if table.empty}
    unprobed = {"partial_probes", "partial_probe_summary", "partial_sensitivity"}
    assert empty == {"plain_published"} | unprobed
    assert set(tables["partial_tokens"]["width"]) == {4}
    assert set(tables["fully_sensitivity"]["step"]) == {0, 20}
    weights = tables["softmax_weights"]
    assert set(weights["layer"]) == {2}
    whole = weights.set_index(["head", "product"]).loc[(1, "KQ")].filter(like="in_").to_numpy()
    shares = tables["softmax_diagonals"].set_index(["layer", "head", "product"])["share"]
    share = (np.diag(whole) ** 2).sum() / (whole**2).sum()
    assert shares[2, 1, "KQ"] == pytest.approx(share, rel=1e-5)


PLAIN = ["fig2a", "fig3a", "fig6c", "fig14", "fig16", "fig21"]
"""Figures that show the authors' points where there are any; the smoke graph draws these."""


@pytest.mark.parametrize("name", PLAIN)
def test_figures_are_drawn_without_the_authors_points(tables, name):
    spec = plain_runs.PAPER.figures[name]
    with theme.apply():
        figure = plain_runs.entry(spec.entry)({table: tables[table] for table in spec.tables})
    assert any(ax.lines or ax.collections for ax in figure.axes)


def test_errors_below_the_floor_are_triangles_there():
    with theme.apply():
        _, ax = theme.figure()
        token_lines(ax, tokens([1e-14, 0.2]).assign(t=[50, 49], held_out=[0.1, 0.3]), "C0")
    fit, low, other, none = ax.lines
    assert list(fit.get_ydata()) == [0.2, FLOOR]
    assert (low.get_marker(), list(low.get_xdata())) == ("v", [50])
    assert list(other.get_ydata()) == [0.3, 0.1]
    assert not len(none.get_xdata())

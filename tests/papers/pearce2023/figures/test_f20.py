"""F20 titles its charts by their frequencies, few or many, and stands without any to compare."""

import pandas as pd
import pytest
from grokking_runs import MEMORISED, noise, run
from seeds_runs import STEPS, at_end, four_seeds, tables_of

from papers.pearce2023.figures.f20 import FEW, distributions, loss_charts
from reprise.plotting import theme


@pytest.fixture(scope="module")
def seeds():
    return four_seeds()


def texts_of(tables, draw=loss_charts):
    with theme.apply():
        figure = draw(tables)
    axes = figure.findobj(lambda artist: hasattr(artist, "texts"))
    return [text for ax in axes for text in ax.texts]


def test_charts_are_titled_by_frequencies(seeds):
    texts = {text.get_text() for text in texts_of(seeds)}
    assert "3 9 20 33" in texts
    assert any(text.endswith("…") for text in texts)


def test_many_charts_are_small_and_one_raster(seeds):
    many = seeds | {
        name: pd.concat([seeds[name].assign(seed=seeds[name]["seed"] + 10 * k) for k in range(12)])
        for name in ("seeds_networks", "seeds_curves")
    }
    assert len(many["seeds_networks"]) > FEW
    titles = [text for text in texts_of(many) if text.get_text() == "3 9 20 33"]
    assert len(titles) == 12 and all(text.get_rasterized() for text in titles)


def test_without_a_generalised_network_nothing_of_ours_is_compared():
    none = tables_of(run({1: (MEMORISED, at_end(noise(3)))}, snapshot=STEPS))
    assert none["seeds_summary"].set_index("quantity").loc["generalised_networks", "value"] == 0
    assert any("0 generalised" in text.get_text() for text in texts_of(none, distributions))

"""Tables and figures of the five-neuron network, on a run whose weights are exact pentagons."""

import numpy as np
import pandas as pd
import pytest
from modular_runs import course, run

from papers.pearce2023.figures import five_neuron as figures
from papers.pearce2023.tables import five_neuron as tables
from reprise.plotting import theme
from reprise.plotting.render import render
from reprise.results import Inputs

STEPS, EVERY = 1000, 100
ORDER = np.array([3, 0, 4, 1, 2])


def projections(in_degrees, out_degrees, norms=(1, 1, 1, 1, 1)):
    """Stacks of W_in_proj [snapshot, 2, 5] and W_out_proj [snapshot, 5, 2], constant over time."""

    def vectors(degrees):
        angle = np.deg2rad(degrees)
        points = np.asarray(norms)[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        return np.repeat(points[None], STEPS // EVERY + 1, axis=0)

    return {
        "W_in_proj": np.swapaxes(vectors(in_degrees), 1, 2),
        "W_out_proj": vectors(out_degrees),
    }


@pytest.fixture(scope="module")
def result():
    pentagon = 10 + 72.0 * ORDER
    bent = pentagon + np.array([0, 0, 6, 0, 0])
    failing = course(STEPS, EVERY, 0.05, test_accuracy=[(0, 0.0), (1000, 0.2)], train_accuracy=0.3)
    learning = course(
        STEPS,
        EVERY,
        test_loss=1.02e-2,
        train_loss=1e-2,
        test_accuracy=[(0, 0.0), (600, 1.0)],
        train_accuracy=[(0, 0.04), (600, 1.0)],
    )
    return run(
        seeds=[86, 3, 4],
        courses=[failing, learning, learning],
        views=[
            projections(np.zeros(5), np.zeros(5)),
            projections(bent, 2 * pentagon, norms=(1, 1, 1, 1, 2)),
            projections(pentagon, 2 * pentagon),
        ],
        steps=STEPS,
        every=EVERY,
    )


def made(result):
    inputs = Inputs(runs={"five_neuron": result}, params={"steps": [0, 1000]})
    return {
        "five_neuron_course": tables.course(inputs),
        "five_neuron_summary": tables.summary(inputs),
        "five_neuron_weights": tables.weights(inputs),
    }


def value(summary, quantity, seed):
    rows = summary[(summary["quantity"] == quantity) & (summary["seed"] == seed)]
    return rows["value"].item()


def test_the_first_seed_that_learns_is_shown(result):
    summary = made(result)["five_neuron_summary"]
    assert set(summary.loc[summary["shown"], "seed"]) == {3}
    assert set(summary.loc[summary["learned"], "seed"]) == {3, 4}
    assert value(summary, "t_both_1", 3) == 600
    assert np.isnan(value(summary, "t_both_1", 86))
    shown = made(result)["five_neuron_course"]
    assert set(shown.loc[shown["shown"], "seed"]) == {3}


def test_without_a_seed_that_learns_the_first_is_shown(result):
    failing = run([7, 8], [course(STEPS, EVERY, 0.05)] * 2, result.views[:2], STEPS, EVERY)
    assert tables.shown_member(failing) == 0


def test_gap_and_ratio_of_the_courses(result):
    summary = made(result)["five_neuron_summary"]
    assert value(summary, "max_accuracy_gap", 3) == pytest.approx(0.04)
    assert value(summary, "max_loss_ratio", 3) == pytest.approx(1.02)
    assert value(summary, "final_test_accuracy", 86) == pytest.approx(0.2)


def test_an_exact_pentagon_has_even_gaps_norms_and_doubled_angles(result):
    summary = made(result)["five_neuron_summary"]
    for quantity in (
        "gap_deviation_in",
        "gap_deviation_out",
        "doubling_error",
        "norm_variation_in",
        "norm_variation_out",
    ):
        assert value(summary, quantity, 4) == pytest.approx(0, abs=1e-9)


def test_a_bent_pentagon_deviates_by_the_bend(result):
    summary = made(result)["five_neuron_summary"]
    assert value(summary, "gap_deviation_in", 3) == pytest.approx(6)
    assert value(summary, "gap_deviation_out", 3) == pytest.approx(0, abs=1e-9)
    assert value(summary, "doubling_error", 3) == pytest.approx(12)
    # Norms 1, 1, 1, 1, 2: standard deviation .4 over mean 1.2.
    assert value(summary, "norm_variation_in", 3) == pytest.approx(1 / 3)


def test_neurons_are_counted_by_in_angle(result):
    weights = made(result)["five_neuron_weights"]
    inward = weights[(weights["side"] == "in") & (weights["panel"] == 1)]
    assert inward["neuron"].tolist() == [0, 1, 2, 3, 4]
    np.testing.assert_allclose(inward["angle"], [10, 82, 154, 226, 304], atol=1e-9)
    assert inward["angle"].is_monotonic_increasing
    outward = weights[(weights["side"] == "out") & (weights["panel"] == 1)]
    np.testing.assert_allclose(outward["angle"], [20, 164, 308, 92, 236], atol=1e-9)
    assert weights["step"].unique().tolist() == [0, 1000]
    np.testing.assert_allclose(weights["norm"], np.hypot(weights["cos"], weights["sin"]))


@pytest.mark.parametrize("draw", [figures.accuracy, figures.weights, figures.circle, figures.star])
def test_figures_render(result, draw):
    with theme.apply():
        figure = draw(made(result))
    assert 10_000 < len(render(figure, "smoke")["svg"]) < 300_000


def test_star_writes_the_worst_doubling_error(result):
    frames = made(result)
    with theme.apply():
        figure = figures.star(frames)
    texts = [ax.get_title(loc="left") for ax in figure.axes]
    assert any("12.0°" in text for text in texts)


def test_course_has_a_row_per_member_and_log(result):
    frame = made(result)["five_neuron_course"]
    assert len(frame) == 3 * (STEPS // EVERY + 1)
    assert isinstance(frame, pd.DataFrame)
    assert frame.columns[:4].tolist() == ["member", "seed", "shown", "step"]

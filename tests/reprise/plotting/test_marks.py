"""Shared marks put things where the data say, and labels where nothing covers them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from scipy.optimize import minimize

from reprise.plotting import theme


@pytest.fixture
def axes():
    with theme.apply():
        figure, ax = theme.figure()
        yield ax
    figure.clear()


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (500, "500"), (1500, "1.5k"), (50_000, "50k"), (2e6, "2M"), (-1000, "-1k")],
)
def test_short_number(value, text):
    assert theme.short_number(value) == text


def test_step_axis_writes_thousands(axes):
    axes.plot([0, 50_000], [0, 1])
    theme.step_axis(axes)
    axes.figure.draw_without_rendering()
    shown = [tick.get_text() for tick in axes.get_xticklabels()]
    assert {"0", "10k", "50k"} <= set(shown)
    assert axes.get_xlabel() == "training step"


def test_step_axis_keeps_a_log_scale(axes):
    axes.loglog([1, 100_000], [1, 2])
    theme.step_axis(axes, label="step")
    axes.figure.draw_without_rendering()
    shown = {tick.get_text() for tick in axes.get_xticklabels()}
    assert {"1", "100", "10k", "100k"} <= shown


@given(st.lists(st.floats(0, 1), min_size=1, max_size=5), st.floats(0.01, 0.2))
def test_spread_is_the_nearest_arrangement(positions, gap):
    result = theme.spread(positions, gap)
    order = np.argsort(result)
    placed = np.array(result)[order]
    assert np.all(np.diff(placed) >= gap - 1e-9)
    assert placed.min() >= -1e-12
    assert placed.max() <= 1 + 1e-12
    target = np.array(positions)[order]
    assert np.all(np.diff(target) >= 0), "the order has changed"
    count = len(positions)
    best = minimize(
        lambda x: np.sum((x - target) ** 2),
        np.linspace(0, 1, count) if count > 1 else np.array([0.5]),
        jac=lambda x: 2 * (x - target),
        bounds=[(0, 1)] * count,
        constraints={"type": "ineq", "fun": lambda x: np.diff(x) - gap} if count > 1 else (),
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert np.sum((placed - target) ** 2) <= best.fun + 1e-6


def test_spread_leaves_distant_positions_alone():
    assert theme.spread([0.9, 0.1, 0.5], 0.1) == pytest.approx([0.9, 0.1, 0.5])


def test_spread_puts_the_first_of_equals_on_top():
    assert theme.spread([1, 1, 0], 0.1) == pytest.approx([1, 0.9, 0])


def test_spread_fills_the_height_when_labels_do_not_fit():
    assert theme.spread([0.5] * 5, 0.4) == pytest.approx([1, 0.75, 0.5, 0.25, 0])


def test_end_labels_do_not_overlap_and_carry_the_colour_of_their_lines(axes):
    x = np.arange(10.0)
    lines = {
        name: axes.plot(x, np.append(np.full(8, level), [level, np.nan]), color=color)[0]
        for name, level, color in [
            ("train", 1.0, theme.TRAIN),
            ("test", 0.99, theme.TEST),
            ("chance", 0.0, theme.MUTED),
        ]
    }
    labels = theme.label_ends(axes, lines)
    axes.figure.draw_without_rendering()
    assert [label.get_color() for label in labels] == [theme.TRAIN, theme.TEST, theme.MUTED]
    boxes = sorted((label.get_window_extent() for label in labels), key=lambda box: box.y0)
    assert all(lower.y1 <= upper.y0 for lower, upper in pairwise(boxes))
    train, _, chance = boxes[::-1]
    assert train.x0 >= axes.get_window_extent().x1
    level = axes.transData.transform((0, 0))[1]
    assert (chance.y0 + chance.y1) / 2 == pytest.approx(level, abs=3)


def test_end_labels_follow_a_log_scale(axes):
    axes.set_yscale("log")
    axes.set_ylim(1e-8, 1)
    (line,) = axes.plot([0, 1], [1, 1e-4])
    (label,) = theme.label_ends(axes, {"loss": line})
    assert label.xy == pytest.approx((1, 0.5))


def test_a_line_without_points_has_no_end(axes):
    (line,) = axes.plot([0, 1], [np.nan, np.nan])
    with pytest.raises(ValueError, match="finite"):
        theme.label_ends(axes, {"loss": line})


def test_direct_label_stands_beside_its_point(axes):
    axes.set(xlim=(0, 1), ylim=(0, 1))
    label = theme.direct_label(axes, 0.5, 0.25, "here", theme.HIGHLIGHT, dx=6)
    axes.figure.draw_without_rendering()
    x, y = axes.transData.transform((0.5, 0.25))
    box = label.get_window_extent()
    assert box.x0 == pytest.approx(x + 6 * axes.figure.dpi / 72, abs=1)
    assert (box.y0 + box.y1) / 2 == pytest.approx(y, abs=3)


def test_panel_label_stands_left_of_the_title(axes):
    axes.set_title("Title")
    label = theme.panel_label(axes, "a")
    axes.figure.draw_without_rendering()
    assert label.get_window_extent().x1 < axes.get_window_extent().x0
    assert label.get_window_extent().y0 > axes.get_window_extent().y1


def test_band_covers_exactly_its_interval(axes):
    area = theme.band(axes, [0, 1, 2], [0, 0.1, 0.2], [1, 1.1, 1.3], theme.TEST)
    corners = area.get_paths()[0].vertices
    assert {(0, 0), (0, 1), (2, 0.2), (2, 1.3)} <= {tuple(corner) for corner in corners}
    assert to_hex(area.get_facecolor()[0]) == theme.TEST.lower()
    assert area.get_alpha() < 0.3


def test_weight_heatmap_colours_signs_and_starts_on_top(axes):
    weights = np.array([[3.0, -3.0, 0.0], [9.0, -9.0, 1.0]])
    mesh = theme.weight_heatmap(axes, weights, 3)
    mesh.update_scalarmappable()
    colors = mesh.get_facecolor().reshape(2, 3, 4)
    red, blue, zero = colors[0]
    assert red[0] > red[2]
    assert blue[2] > blue[0]
    assert zero[:3].min() > 0.95
    np.testing.assert_array_equal(colors[1, :2], colors[0, :2])
    assert mesh.get_rasterized()
    assert axes.yaxis_inverted()


def test_weight_heatmap_finds_its_own_limit(axes):
    mesh = theme.weight_heatmap(axes, np.array([[0.5, -2.0]]))
    assert (mesh.norm.vmin, mesh.norm.vmax) == (-2, 2)
    bar = theme.colorbar(mesh, axes, "weight")
    assert bar.ax.get_ylabel() == "weight"


def test_weight_heatmap_of_zeros_has_a_limit(axes):
    mesh = theme.weight_heatmap(axes, np.zeros((2, 2)))
    assert (mesh.norm.vmin, mesh.norm.vmax) == (-1, 1)

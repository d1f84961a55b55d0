"""Shared marks put things where the data say, and labels where nothing covers them."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from matplotlib.text import Text
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


def box_of(label):
    """Of the text alone, without its leader."""
    return Text.get_window_extent(label)


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
    boxes = sorted((box_of(label) for label in labels), key=lambda box: box.y0)
    assert all(lower.y1 <= upper.y0 for lower, upper in pairwise(boxes))
    train, _, chance = boxes[::-1]
    assert train.x0 >= axes.get_window_extent().x1
    level = axes.transData.transform((0, 0))[1]
    assert (chance.y0 + chance.y1) / 2 == pytest.approx(level, abs=3)


def test_end_labels_follow_scales_and_limits_that_are_set_later(axes):
    (line,) = axes.plot([0, 1], [1, 1e-4])
    (label,) = theme.label_ends(axes, {"loss": line})
    axes.set(yscale="log", ylim=(1e-8, 1), xlim=(0, 1))
    axes.figure.draw_without_rendering()
    assert label.xy == pytest.approx((1, 0.5))
    assert not label.arrow_patch.get_visible()
    box, end = box_of(label), axes.transData.transform((1, 1e-4))[1]
    assert (box.y0 + box.y1) / 2 == pytest.approx(end, abs=3)


def test_end_labels_that_had_to_move_have_leaders_to_their_lines(axes):
    lines = {name: axes.plot([0, 1], [0, level])[0] for name, level in [("a", 1), ("b", 0.99)]}
    (early,) = axes.plot([0, 0.5], [0, 0.2])
    axes.set(xlim=(0, 1), ylim=(0, 1))
    a, b, c = theme.label_ends(axes, lines | {"early": early})
    axes.figure.draw_without_rendering()
    assert b.arrow_patch.get_visible()
    assert c.arrow_patch.get_visible()
    assert c.xy == pytest.approx((0.5, 0.2))
    assert all(box_of(label).x0 > axes.bbox.x1 for label in (a, b, c))


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


@pytest.mark.parametrize(
    ("limit", "extend"), [(3, "neither"), (2.5, "min"), (1.5, "both")], ids=str
)
def test_a_colorbar_is_pointed_where_values_lie_beyond_it(axes, limit, extend):
    mesh = theme.weight_heatmap(axes, np.array([[2.0, -3.0]]), limit)
    assert theme.colorbar(mesh, axes, "weight").extend == extend


def test_amounts_begin_at_white_and_one_large_cell_does_not_wash_out_the_rest(axes):
    amounts = np.append(np.linspace(0, 1, 199), 50.0).reshape(20, 10)
    mesh = theme.amount_heatmap(axes, amounts)
    assert mesh.norm.vmax == pytest.approx(1, abs=0.05)
    mesh.update_scalarmappable()
    colors = mesh.get_facecolor().reshape(20, 10, 4)[..., :3].sum(axis=-1)
    assert colors[0, 0] == pytest.approx(3)
    assert colors[10, 0] < 2.2
    assert theme.colorbar(mesh, axes, "attention").extend == "max"


@pytest.mark.parametrize("scale", ["linear", "log"])
def test_limits_hold_what_is_drawn_and_are_no_narrower_than_asked(axes, scale):
    axes.set_yscale(scale)
    axes.plot([0, 1, 2, 3], [0.5, 20, np.nan, 0])
    theme.hold(axes, 0.1, 10)
    low, high = axes.get_ylim()
    assert low <= 0.1
    assert 20 < high < 30


def test_a_key_stands_above_the_axes(axes):
    theme.key(axes.figure, {"thin: each seed": {"lw": 0.6}, "exact Bayes": {"ls": "--"}})
    axes.figure.draw_without_rendering()
    (legend,) = axes.figure.legends
    assert legend.get_window_extent().y0 > axes.bbox.y1
    assert [text.get_text() for text in legend.get_texts()] == ["thin: each seed", "exact Bayes"]


def test_weight_heatmap_of_zeros_has_a_limit(axes):
    mesh = theme.weight_heatmap(axes, np.zeros((2, 2)))
    assert (mesh.norm.vmin, mesh.norm.vmax) == (-1, 1)

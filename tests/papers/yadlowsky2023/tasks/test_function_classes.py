"""Function classes: laws against scipy.stats, unit variance, supports, plain formulas."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats

from papers.shared.rng import FromKey, FromSeed
from papers.yadlowsky2023.spec import Convex, Dense, Law, Line, Ramp, Relu, Sine, Sparse
from papers.yadlowsky2023.tasks.function_classes import (
    components,
    draw,
    draw_law,
    signed_power,
    support,
    values,
)

SOURCES = [FromSeed(3).named("a test"), FromKey(jax.random.key(3)).named("a test")]
DENSE, SPARSE = Dense(kind="dense"), Sparse(kind="sparse", nonzeros=2)


@pytest.mark.parametrize("source", SOURCES, ids=["numpy", "jax"])
@pytest.mark.parametrize(
    ("law", "reference"),
    [
        (Law(uniform=(1.0, 5.0)), stats.uniform(1, 4)),
        (Law(normal=(2.0, 0.5)), stats.norm(2, 0.5)),
        (Law(lognormal=(2.2, 0.5)), stats.lognorm(0.5, scale=2.2)),
    ],
)
def test_laws_are_those_of_scipy(source, law, reference):
    drawn = np.asarray(draw_law(law, source, 4000, 1), float).ravel()
    assert stats.kstest(drawn, reference.cdf).pvalue > 0.01


@pytest.mark.parametrize("source", SOURCES, ids=["numpy", "jax"])
def test_a_grid_gives_all_its_values_equally_often(source):
    drawn = np.asarray(draw_law(Law(grid=(-1.0, 1.0, 5)), source, 5000), float)
    found, counts = np.unique(drawn.round(6), return_counts=True)
    np.testing.assert_allclose(found, [-1, -0.5, 0, 0.5, 1])
    assert stats.chisquare(counts).pvalue > 0.01


def test_a_fixed_law_is_constant_and_of_the_sources_type():
    for source in SOURCES:
        drawn = draw_law(Law(fixed=0.2), source, 3, 1)
        assert drawn.shape == (3, 1) and drawn.dtype == source.dtype
        assert np.allclose(drawn, 0.2)


@pytest.mark.parametrize("source", SOURCES, ids=["numpy", "jax"])
def test_supports_have_the_right_size_and_are_uniform(source):
    drawn = np.asarray(support(source, 6000, 5, 2))
    assert (drawn.sum(axis=1) == 2).all()
    _, counts = np.unique(drawn, axis=0, return_counts=True)
    assert len(counts) == 10 and stats.chisquare(counts).pvalue > 0.01


def test_ties_do_not_change_the_size_of_a_support():
    class Constant(FromSeed):
        def uniform(self, *shape):
            return np.zeros(shape)

    assert support(Constant(0), 4, 6, 3).tolist() == [[True] * 3 + [False] * 3] * 4


@pytest.mark.parametrize("source", SOURCES, ids=["numpy", "jax"])
@pytest.mark.parametrize("power", [0.0, 0.3, 1.0, 2.0])
def test_powers_of_weights_have_unit_variance_and_one_is_normal(source, power):
    z = source.named("power").normal(40_000)
    found = np.asarray(signed_power(z, power), float)
    assert (found**2).mean() == pytest.approx(1.0, abs=0.02 + 0.05 * (power > 1))
    np.testing.assert_array_equal(np.sign(found), np.sign(np.asarray(z)))
    if power == 0.0:
        np.testing.assert_allclose(np.abs(found), 1.0, rtol=1e-6)
    if power == 1.0:
        np.testing.assert_array_equal(found, np.asarray(z))
    # As in a compiled step, where the power is an array.
    traced = np.asarray(signed_power(jnp.asarray(z, jnp.float32), jnp.float32(power)))
    np.testing.assert_allclose(traced, found, rtol=2e-4)


def test_a_ramp_is_followed_in_training_and_evaluated_at_its_end():
    ramp = Ramp(first=0.5, last=1.5, begin=0.25, end=0.75)
    shares = np.array([0.0, 0.25, 0.5, 0.6, 0.75, 1.0])
    np.testing.assert_allclose(ramp.at(shares), [0.5, 0.5, 1.0, 1.2, 1.5, 1.5])
    rising = Sparse(kind="sparse", nonzeros=2, power=ramp)
    assert rising.at(np.float64(0.5)).power == 1.0
    drawn = {
        power: draw(Sparse(kind="sparse", nonzeros=2, power=power), SOURCES[0], 5, 4)["weights"]
        for power in (1.0, 1.5)
    }
    np.testing.assert_array_equal(draw(rising, SOURCES[0], 5, 4)["weights"], drawn[1.5])
    assert not np.allclose(drawn[1.0], drawn[1.5])


@pytest.mark.parametrize("source", SOURCES, ids=["numpy", "jax"])
@pytest.mark.parametrize("active", [None, 3])
@pytest.mark.parametrize(
    ("function", "garg"),
    [(DENSE, (6, 3)), (SPARSE, (2, 2)), (Relu(kind="relu", hidden=30), (6, 3))],
)
def test_mean_squares_are_one_or_gargs(source, active, function, garg):
    x = np.random.default_rng(0).normal(size=(8000, 1, 6))
    x[..., active or 6 :] = 0
    x = source.xp.asarray(x, source.dtype)
    for scale, expected in (("unit", 1.0), ("garg", garg[active is not None])):
        y = values(function, draw(function, source, 8000, 6, active, scale), x)
        squares = np.asarray(y, float) ** 2
        assert abs(squares.mean() - expected) < 5 * squares.std() / np.sqrt(8000)


def test_sparse_weights_lie_among_the_active_inputs():
    source = FromSeed(0).named("sparse")
    weights = draw(SPARSE, source, 500, 6, 4)["weights"]
    assert ((weights != 0).sum(axis=1) == 2).all() and (weights[:, 4:] == 0).all()
    assert ((draw(SPARSE, source, 50, 6, 1)["weights"] != 0).sum(axis=1) == 1).all()


def test_as_many_nonzeros_as_inputs_is_dense():
    source = FromSeed(0).named("dense")
    full = draw(Sparse(kind="sparse", nonzeros=6), source, 5, 6)["weights"]
    np.testing.assert_array_equal(full, draw(DENSE, source, 5, 6)["weights"])


def test_values_follow_their_formulas():
    x = np.linspace(-2, 2, 7)[None, :, None]
    one = {name: np.array([[v]]) for name, v in {"slope": 1.5, "intercept": -0.5}.items()}
    np.testing.assert_allclose(values(Line(), one, x)[0], 1.5 * x[0, :, 0] - 0.5)
    wave = {"amplitude": 2.0, "frequency": 3.0, "phase": 0.4, "offset": 0.1}
    wave = {name: np.array([[v]]) for name, v in wave.items()}
    expected = [2 * np.sin(3 * v + 0.4) + 0.1 for v in x.ravel()]
    np.testing.assert_allclose(values(Sine(), wave, x)[0], expected)
    mixed = {"alpha": np.array([[0.25]]), "line": one, "sine": wave}
    function = Convex(kind="convex", alpha=Law(fixed=0.25))
    blend = 0.25 * (1.5 * x[0, :, 0] - 0.5) + 0.75 * np.array(expected)
    np.testing.assert_allclose(values(function, mixed, x)[0], blend)
    line, sine = components(function, mixed, x)
    np.testing.assert_allclose(0.25 * line + 0.75 * sine, blend[None])


def test_relu_networks_follow_a_plain_loop():
    function = Relu(kind="relu", hidden=4)
    drawn = draw(function, FromSeed(1), 2, 3)
    x = np.random.default_rng(0).normal(size=(2, 5, 3))
    found = values(function, drawn, x)
    for n in range(2):
        for p in range(5):
            units = [
                drawn["outer"][n, r] * max(0.0, float(x[n, p] @ drawn["hidden"][n, :, r]))
                for r in range(4)
            ]
            assert found[n, p] == pytest.approx(sum(units))


def test_pure_classes_have_one_component():
    x = np.ones((2, 3, 1))
    line = draw(Line(), FromSeed(0), 2)
    np.testing.assert_array_equal(components(Line(), line, x)[1], np.zeros((2, 3)))
    sine = draw(Sine(), FromSeed(0), 2)
    np.testing.assert_array_equal(components(Sine(), sine, x)[0], np.zeros((2, 3)))
    assert components(DENSE, draw(DENSE, FromSeed(0), 2, 1), x) is None


def test_sources_repeat_and_names_separate():
    for make in (FromSeed, lambda seed: FromKey(jax.random.key(seed))):
        source = make(5)
        np.testing.assert_array_equal(source.named("a").normal(4), make(5).named("a").normal(4))
        drawn = [source.named("a"), source.named("b"), source.named("a").named("b"), make(6)]
        assert len({float(np.asarray(each.uniform(1))[0]) for each in drawn}) == 4


def test_both_libraries_evaluate_alike():
    function = Convex(kind="convex", alpha=Law(uniform=(0.0, 1.0)))
    drawn = draw(function, FromSeed(2), 10)
    x = np.random.default_rng(1).normal(size=(10, 6, 1))
    on_device = values(function, jax.tree.map(jnp.asarray, drawn), jnp.asarray(x))
    np.testing.assert_allclose(on_device, values(function, drawn, x), atol=2e-5)

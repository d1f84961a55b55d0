"""Similarities of changes against plain loops in double precision, and the bias of normalising."""

import jax.numpy as jnp
import numpy as np
import pytest

from papers.dai2022.analysis.update_similarity import (
    change,
    normalised_bias,
    simam,
    simam_delta,
    simaou,
    simaou_against,
)

RNG = np.random.default_rng(0)
ICL, ZSL, FT = RNG.normal(size=(3, 2, 5, 7))
MAPS = RNG.normal(size=(3, 2, 3, 5, 6))
LENGTHS = np.array([6, 1, 4, 2, 5])


def angle(a: np.ndarray, b: np.ndarray) -> float:
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


@pytest.mark.parametrize("normalise", [True, False])
def test_changes_of_outputs_are_compared_as_in_the_paper(normalise: bool) -> None:
    found = simaou(ICL, ZSL, FT, normalise)
    assert found.shape == (2, 5)
    for layer in range(2):
        for query in range(5):
            icl, zsl, ft = (
                x[layer, query] / (np.linalg.norm(x[layer, query]) if normalise else 1)
                for x in (ICL, ZSL, FT)
            )
            assert found[layer, query] == pytest.approx(angle(icl - zsl, ft - zsl), abs=1e-14)


def test_a_direction_takes_the_place_of_finetuning() -> None:
    found = simaou_against(ICL, ZSL, change(FT, ZSL))
    np.testing.assert_allclose(found, simaou(ICL, ZSL, FT), atol=1e-14)
    assert found.shape == (2, 5)


def test_maps_are_compared_over_the_querys_own_tokens_head_by_head() -> None:
    icl, zsl, ft = MAPS
    for found, a, b in (
        (simam(icl, ft, LENGTHS), icl, ft),
        (simam_delta(icl, zsl, ft, LENGTHS), icl - zsl, ft - zsl),
    ):
        for layer in range(2):
            for query, n in enumerate(LENGTHS):
                heads = [angle(a[layer, h, query, :n], b[layer, h, query, :n]) for h in range(3)]
                assert found[layer, query] == pytest.approx(np.mean(heads), abs=1e-14)


def test_padding_does_not_matter() -> None:
    padded = MAPS + 1e6 * (np.arange(6) >= LENGTHS[:, None])
    expected = simam_delta(*MAPS, LENGTHS)
    np.testing.assert_allclose(simam_delta(*padded, LENGTHS), expected, atol=1e-9)


def test_no_change_is_like_none() -> None:
    assert np.all(simaou(ICL, ZSL, ZSL) == 0)
    assert np.all(simam_delta(*MAPS[:2], MAPS[1], LENGTHS) == 0)


def test_jax_arrays_of_single_precision_give_the_same() -> None:
    found = simaou(*(jnp.asarray(x, jnp.float32) for x in (ICL, ZSL, FT)))
    assert isinstance(found, jnp.ndarray)
    np.testing.assert_allclose(found, simaou(ICL, ZSL, FT), atol=1e-5)
    maps = [jnp.asarray(x, jnp.float32) for x in MAPS[:2]]
    np.testing.assert_allclose(
        simam(*maps, jnp.asarray(LENGTHS)), simam(*MAPS[:2], LENGTHS), atol=1e-5
    )


@pytest.mark.parametrize(("one", "two"), [(0.5, 0.5), (0.9, 0.3), (0.1, 0.1)])
def test_independent_changes_look_alike_once_normalised(one: float, two: float) -> None:
    """|z| / |z + change| = s for a change of length |z| sqrt(1/s^2 - 1), orthogonal to z."""
    rng, width = np.random.default_rng(1), 512
    z, a, b = rng.normal(size=(3, 1, 400, width))
    z[...] = z[:, :1]
    changed = [
        z + x * np.linalg.norm(z[0, 0]) / np.sqrt(width) * np.sqrt(s**-2 - 1)
        for x, s in ((a, one), (b, two))
    ]
    found = simaou(changed[0], z, changed[1])
    assert found.mean() == pytest.approx(normalised_bias(one, two), abs=0.01)
    assert simaou(changed[0], z, changed[1], normalise=False).mean() == pytest.approx(0, abs=0.01)

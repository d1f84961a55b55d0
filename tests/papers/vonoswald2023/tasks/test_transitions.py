"""Random transitions: orthogonality, the law of Haar matrices, eigenvalues, both libraries."""

import jax
import numpy as np
import pytest
from scipy import stats

from papers.shared.rng import FromKey, FromSeed
from papers.vonoswald2023.tasks.transitions import contracting, haar

SOURCES = {"jax": FromKey(jax.random.key(0)), "numpy": FromSeed(0)}


@pytest.mark.parametrize("dims", [1, 2, 10, 60])
@pytest.mark.parametrize("library", SOURCES)
def test_haar_matrices_are_orthogonal(library, dims):
    source = SOURCES[library]
    w = np.asarray(haar(source, 20, dims), float)
    error = 1e-5 if library == "jax" else 1e-12
    np.testing.assert_allclose(np.einsum("nij,nkj->nik", w, w), [np.eye(dims)] * 20, atol=error)


@pytest.mark.parametrize("library", SOURCES)
def test_haar_matrices_are_uniform(library):
    """Against scipy's law. Without the correction of signs the determinant has one sign."""
    w = np.asarray(haar(SOURCES[library], 4000, 3), float)
    assert stats.binomtest(int((np.linalg.det(w) > 0).sum()), 4000).pvalue > 0.001
    reference = stats.ortho_group.rvs(3, 4000, random_state=np.random.default_rng(1))
    for statistic in (lambda m: np.trace(m, axis1=1, axis2=2), lambda m: m[:, 0, 0]):
        assert stats.ks_2samp(statistic(w), statistic(reference)).pvalue > 0.001
    # E tr(W) = 0 and E tr(W)^2 = 1 on the orthogonal group
    trace = np.trace(w, axis1=1, axis2=2)
    assert abs(trace.mean()) < 4 / np.sqrt(4000)
    assert (trace**2).mean() == pytest.approx(1, abs=0.1)


def test_contracting_systems_have_real_eigenvalues_of_the_stated_range():
    w = contracting(FromSeed(3), 200, 10)
    values = np.linalg.eigvals(w)
    assert np.abs(values.imag).max() < 1e-6
    values = np.sort(values.real, axis=1)
    np.testing.assert_allclose(values[:, -1], 0.9, atol=1e-7)
    assert values.min() > 0.3 - 1e-7
    assert stats.kstest(values[:, :-1].ravel(), "uniform", (0.3, 0.6)).pvalue > 0.001


def test_contracting_systems_of_the_device_are_those_of_their_draws():
    source = FromKey(jax.random.key(5))
    vectors = np.asarray(source.named("vectors").normal(50, 6, 6), float)
    values = 0.3 + 0.6 * np.asarray(source.named("values").uniform(50, 5), float)
    found = np.asarray(contracting(source, 50, 6), float)
    for v, mu, w in zip(vectors, values, found, strict=True):
        np.testing.assert_allclose(w @ v, v @ np.diag([*mu, 0.9]), atol=5e-4)


def test_contracting_systems_of_one_number():
    np.testing.assert_allclose(contracting(FromSeed(0), 3, 1), 0.9)

"""The compiler with its optimisations, for tests that compare bits, count or measure."""

from collections.abc import Iterator

import jax
import pytest


@pytest.fixture(scope="module", autouse=True)
def optimised() -> Iterator[None]:
    """All optimisations in this module, with nothing that was compiled without them."""
    jax.clear_caches()
    jax.config.update("jax_disable_most_optimizations", False)
    yield
    jax.clear_caches()
    jax.config.update("jax_disable_most_optimizations", True)

"""Compiled programs are kept for the session, as they are between the jobs of a project."""

from collections.abc import Iterator

import jax
import pytest

_OPTIONS = {
    "jax_compilation_cache_dir": None,
    "jax_persistent_cache_min_compile_time_secs": 0.0,
}


@pytest.fixture(scope="session", autouse=True)
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """A compilation cache of this session."""
    before = {name: getattr(jax.config, name) for name in _OPTIONS}
    folder = str(tmp_path_factory.mktemp("compiled"))
    for name, value in _OPTIONS.items():
        jax.config.update(name, folder if value is None else value)
    yield
    for name, value in before.items():
        jax.config.update(name, value)

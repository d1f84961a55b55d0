"""Keys by name: independent of each other and of the order of calls."""

import itertools

import jax
import numpy as np
import pytest

from reprise.training.program import named, root


def data(key: jax.Array) -> tuple[int, ...]:
    return tuple(np.asarray(jax.random.key_data(key)).tolist())


@pytest.mark.parametrize("seed", [0, 1, 2**31 - 1, 2**31, 2**32 - 1])
@pytest.mark.parametrize("double", [False, True])
def test_a_root_key_holds_its_seed_whatever_the_precision(seed: int, double: bool) -> None:
    with jax.enable_x64(double):
        assert data(root(seed)) == (0, seed)


def test_names_and_seeds_give_different_keys() -> None:
    keys = [
        data(named(root(seed), name))
        for seed, name in itertools.product((0, 1, 2), ("init", "data", "evaluation"))
    ]
    assert len(set(keys)) == len(keys)


def test_the_key_of_a_name_is_fixed_for_good() -> None:
    """Fold of the CRC-32 of the name: results of earlier versions stay reproducible."""
    expected = jax.random.fold_in(jax.random.key(7), np.uint32(0xADF3F363))
    assert data(named(root(7), "data")) == data(expected)


def test_works_under_vmap_and_jit() -> None:
    seeds = [0, 3, 2**32 - 1]
    keys = jax.numpy.stack([root(seed) for seed in seeds])
    batched = jax.jit(jax.vmap(lambda key: named(key, "init")))(keys)
    assert [data(key) for key in batched] == [data(named(root(seed), "init")) for seed in seeds]

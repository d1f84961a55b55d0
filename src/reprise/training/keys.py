"""Random keys. One root key per member; every use folds in the name of its purpose."""

import zlib

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Key


def root(seed: int) -> Key[Array, ""]:
    """The root key of a member, from its seed in [0, 2**32)."""
    return jax.random.key(jnp.asarray(np.uint32(seed)))


def named(key: Key[Array, ""], purpose: str) -> Key[Array, ""]:
    """The sub-key of ``key`` for one named purpose; independent of the order of calls."""
    return jax.random.fold_in(key, np.uint32(zlib.crc32(purpose.encode())))
